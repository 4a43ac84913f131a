// Tells of each finished test in a line of JSON.

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const error = data.details?.error;
    const detail = error ? String(error.cause?.stack ?? error.stack ?? error) : "";
    const skipped = data.skip !== undefined;
    yield `${JSON.stringify({ name: data.name, passed: type === "test:pass", skipped, detail })}\n`;
  }
}
