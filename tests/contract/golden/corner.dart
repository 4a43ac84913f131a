// Corner 1.0.0, written by `antiphon types corner:app --lang dart`.

typedef Json = Map<String, Object?>;

/// Somebody said something in a room.
final class Said implements ChatRoomNumberIntEvent {
  const Said({
    required this.text,
    required this.author,
    required this.at,
    required this.mood,
    required this.attached,
    required this.counts,
  });

  factory Said.fromJson(Json json) => Said(
    text: json['text'] as String,
    author: Author.fromJson(json['author'] as Json),
    at: json['at'] as String,
    mood: Mood(json['mood'] as String),
    attached: _list(json['attached'], (item) => SaidAttached.fromJson(item as Json)),
    counts: _map(json['counts'], (item) => item as int),
  );

  String get type => 'said';
  final String text;
  final Author author;
  /// Format: date-time.
  final String at;
  /// Default: "good".
  final Mood mood;
  final List<SaidAttached> attached;
  final Map<String, int> counts;

  @override
  Json toJson() => {
    'type': type,
    'text': text,
    'author': author.toJson(),
    'at': at,
    'mood': mood.value,
    'attached': attached.map((item) => item.toJson()).toList(),
    'counts': counts,
  };
}

/// Who has said something.
final class Author {
  const Author({required this.name, required this.bornIn});

  factory Author.fromJson(Json json) => Author(
    name: json['name'] as String,
    bornIn: json['born_in'] as int?,
  );

  final String name;
  /// A year.
  final int? bornIn;

  Json toJson() => {'name': name, 'born_in': bornIn};
}

/// How something is said.
extension type const Mood(String value) {
  static const good = Mood('good');
  static const bad = Mood('bad');
}

/// A picture.
final class Photo implements SaidAttached {
  const Photo({required this.url});

  factory Photo.fromJson(Json json) => Photo(url: json['url'] as String);

  String get kind => 'photo';
  final String url;

  @override
  Json toJson() => {'kind': kind, 'url': url};
}

/// A point on the map.
final class Place implements SaidAttached {
  const Place({required this.at});

  factory Place.fromJson(Json json) => Place(
    at: _list(json['at'], (item) => (item as num).toDouble()),
  );

  String get kind => 'place';
  final List<double> at;

  @override
  Json toJson() => {'kind': kind, 'at': at};
}

/// Somebody left a room.
final class Left implements ChatRoomNumberIntEvent, KeyIdUuidEvent {
  const Left({required this.author});

  factory Left.fromJson(Json json) => Left(
    author: Author.fromJson(json['author'] as Json),
  );

  String get type => 'left';
  final Author author;

  @override
  Json toJson() => {'type': type, 'author': author.toJson()};
}

/// Say something in a room.
final class SayIt implements ChatRoomNumberIntInput {
  const SayIt({required this.text, this.mood, this.attached});

  factory SayIt.fromJson(Json json) => SayIt(
    text: json['text'] as String,
    mood: _maybe(json['mood'], (value) => Mood(value as String)),
    attached: _maybe(json['attached'], (value) => _list(value, (item) => SaidAttached.fromJson(item as Json))),
  );

  String get type => 'said';
  final String text;
  /// Default: "good".
  final Mood? mood;
  final List<SaidAttached>? attached;

  @override
  Json toJson() => {
    'type': type,
    'text': text,
    if (mood case final value?) 'mood': value.value,
    if (attached case final value?) 'attached': value.map((item) => item.toJson()).toList(),
  };
}

/// Say something loudly.
@Deprecated('say it')
final class Shout implements ChatRoomNumberIntInput {
  const Shout({required this.text});

  factory Shout.fromJson(Json json) => Shout(text: json['text'] as String);

  String get type => 'shout';
  final String text;

  @override
  Json toJson() => {'type': type, 'text': text};
}

/// Ask for a notice.
final class Nudge implements ClientMessage {
  const Nudge({required this.text});

  factory Nudge.fromJson(Json json) => Nudge(text: json['text'] as String);

  String get type => 'nudge';
  final String text;

  @override
  Json toJson() => {'type': type, 'text': text};
}

/// For one client alone.
final class Notice implements ServerMessage {
  const Notice({required this.text});

  factory Notice.fromJson(Json json) => Notice(text: json['text'] as String);

  String get type => 'notice';
  final String text;

  @override
  Json toJson() => {'type': type, 'text': text};
}

/// What a room is made of.
final class NewRoom {
  const NewRoom({required this.name, this.moods});

  factory NewRoom.fromJson(Json json) => NewRoom(
    name: json['name'] as String,
    moods: _maybe(json['moods'], (value) => _list(value, (item) => Mood(item as String))),
  );

  final String name;
  final List<Mood>? moods;

  Json toJson() => {
    'name': name,
    if (moods case final value?) 'moods': value.map((item) => item.value).toList(),
  };
}

/// A room that was made.
final class Room {
  const Room({required this.id, required this.name});

  factory Room.fromJson(Json json) => Room(
    id: json['id'] as int,
    name: json['name'] as String,
  );

  final int id;
  final String name;

  Json toJson() => {'id': id, 'name': name};
}

sealed class SaidAttached {
  factory SaidAttached.fromJson(Json json) => switch (json['kind']) {
    'photo' => Photo.fromJson(json),
    'place' => Place.fromJson(json),
    _ => Unknown(json),
  };

  Json toJson();
}

sealed class ChatRoomNumberIntEvent {
  factory ChatRoomNumberIntEvent.fromJson(Json json) => switch (json['type']) {
    'said' => Said.fromJson(json),
    'left' => Left.fromJson(json),
    _ => Unknown(json),
  };

  Json toJson();
}

sealed class ChatRoomNumberIntInput {
  factory ChatRoomNumberIntInput.fromJson(Json json) => switch (json['type']) {
    'said' => SayIt.fromJson(json),
    'shout' => Shout.fromJson(json),
    _ => Unknown(json),
  };

  Json toJson();
}

sealed class KeyIdUuidEvent {
  factory KeyIdUuidEvent.fromJson(Json json) => switch (json['type']) {
    'left' => Left.fromJson(json),
    _ => Unknown(json),
  };

  Json toJson();
}

sealed class ServerMessage {
  factory ServerMessage.fromJson(Json json) => switch (json['type']) {
    'notice' => Notice.fromJson(json),
    _ => Unknown(json),
  };

  Json toJson();
}

sealed class ClientMessage {
  factory ClientMessage.fromJson(Json json) => switch (json['type']) {
    'nudge' => Nudge.fromJson(json),
    _ => Unknown(json),
  };

  Json toJson();
}

/// What has no type that is known here, but to a newer server.
final class Unknown
    implements
        SaidAttached,
        ChatRoomNumberIntEvent,
        ChatRoomNumberIntInput,
        KeyIdUuidEvent,
        ServerMessage,
        ClientMessage {
  const Unknown(this.json);

  final Json json;

  @override
  Json toJson() => json;
}

List<T> _list<T>(Object? json, T Function(Object?) read) =>
    (json as List<Object?>).map(read).toList();

Map<String, T> _map<T>(Object? json, T Function(Object?) read) =>
    (json as Json).map((key, value) => MapEntry(key, read(value)));

T? _maybe<T>(Object? json, T Function(Object?) read) =>
    json == null ? null : read(json);
