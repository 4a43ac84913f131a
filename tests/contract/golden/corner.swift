// Corner 1.0.0, written by `antiphon types corner:app --lang swift`.

/// Somebody said something in a room.
public struct Said: Codable, Hashable, Sendable {
    public private(set) var type: String = "said"
    public var text: String
    public var author: Author
    /// Format: date-time.
    public var at: String
    /// Default: "good".
    public var mood: Mood
    public var attached: [SaidAttached]
    public var counts: [String: Int]

    public init(
        text: String,
        author: Author,
        at: String,
        mood: Mood,
        attached: [SaidAttached],
        counts: [String: Int]
    ) {
        self.text = text
        self.author = author
        self.at = at
        self.mood = mood
        self.attached = attached
        self.counts = counts
    }
}

/// Who has said something.
public struct Author: Codable, Hashable, Sendable {
    public var name: String
    /// A year.
    public var bornIn: Int?

    public init(name: String, bornIn: Int?) {
        self.name = name
        self.bornIn = bornIn
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case bornIn = "born_in"
    }
}

/// How something is said.
public struct Mood: RawRepresentable, Codable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static let good = Mood(rawValue: "good")
    public static let bad = Mood(rawValue: "bad")
}

/// A picture.
public struct Photo: Codable, Hashable, Sendable {
    public private(set) var kind: String = "photo"
    public var url: String

    public init(url: String) {
        self.url = url
    }
}

/// A point on the map.
public struct Place: Codable, Hashable, Sendable {
    public private(set) var kind: String = "place"
    public var at: [Double]

    public init(at: [Double]) {
        self.at = at
    }
}

/// Somebody left a room.
public struct Left: Codable, Hashable, Sendable {
    public private(set) var type: String = "left"
    public var author: Author

    public init(author: Author) {
        self.author = author
    }
}

/// Say something in a room.
public struct SayIt: Codable, Hashable, Sendable {
    public private(set) var type: String = "said"
    public var text: String
    /// Default: "good".
    public var mood: Mood?
    public var attached: [SaidAttached]?

    public init(text: String, mood: Mood? = nil, attached: [SaidAttached]? = nil) {
        self.text = text
        self.mood = mood
        self.attached = attached
    }
}

/// Say something loudly.
@available(*, deprecated, message: "say it")
public struct Shout: Codable, Hashable, Sendable {
    public private(set) var type: String = "shout"
    public var text: String

    public init(text: String) {
        self.text = text
    }
}

/// Ask for a notice.
public struct Nudge: Codable, Hashable, Sendable {
    public private(set) var type: String = "nudge"
    public var text: String

    public init(text: String) {
        self.text = text
    }
}

/// For one client alone.
public struct Notice: Codable, Hashable, Sendable {
    public private(set) var type: String = "notice"
    public var text: String

    public init(text: String) {
        self.text = text
    }
}

/// What a room is made of.
public struct NewRoom: Codable, Hashable, Sendable {
    public var name: String
    public var moods: [Mood]?

    public init(name: String, moods: [Mood]? = nil) {
        self.name = name
        self.moods = moods
    }
}

/// A room that was made.
public struct Room: Codable, Hashable, Sendable {
    public var id: Int
    public var name: String

    public init(id: Int, name: String) {
        self.id = id
        self.name = name
    }
}

public indirect enum SaidAttached: Codable, Hashable, Sendable {
    case photo(Photo)
    case place(Place)
    /// What has no type that is known here, but to a newer server.
    case unknown(JSONValue)

    private enum CodingKeys: String, CodingKey {
        case tag = "kind"
    }

    public init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: CodingKeys.self)
        switch try? container?.decode(String.self, forKey: .tag) {
        case "photo": self = .photo(try Photo(from: decoder))
        case "place": self = .place(try Place(from: decoder))
        default: self = .unknown(try JSONValue(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .photo(let value): try value.encode(to: encoder)
        case .place(let value): try value.encode(to: encoder)
        case .unknown(let value): try value.encode(to: encoder)
        }
    }
}

public indirect enum ChatRoomNumberIntEvent: Codable, Hashable, Sendable {
    case said(Said)
    case left(Left)
    /// What has no type that is known here, but to a newer server.
    case unknown(JSONValue)

    private enum CodingKeys: String, CodingKey {
        case tag = "type"
    }

    public init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: CodingKeys.self)
        switch try? container?.decode(String.self, forKey: .tag) {
        case "said": self = .said(try Said(from: decoder))
        case "left": self = .left(try Left(from: decoder))
        default: self = .unknown(try JSONValue(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .said(let value): try value.encode(to: encoder)
        case .left(let value): try value.encode(to: encoder)
        case .unknown(let value): try value.encode(to: encoder)
        }
    }
}

public indirect enum ChatRoomNumberIntInput: Codable, Hashable, Sendable {
    case sayIt(SayIt)
    case shout(Shout)
    /// What has no type that is known here, but to a newer server.
    case unknown(JSONValue)

    private enum CodingKeys: String, CodingKey {
        case tag = "type"
    }

    public init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: CodingKeys.self)
        switch try? container?.decode(String.self, forKey: .tag) {
        case "said": self = .sayIt(try SayIt(from: decoder))
        case "shout": self = .shout(try Shout(from: decoder))
        default: self = .unknown(try JSONValue(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .sayIt(let value): try value.encode(to: encoder)
        case .shout(let value): try value.encode(to: encoder)
        case .unknown(let value): try value.encode(to: encoder)
        }
    }
}

public indirect enum KeyIdUuidEvent: Codable, Hashable, Sendable {
    case left(Left)
    /// What has no type that is known here, but to a newer server.
    case unknown(JSONValue)

    private enum CodingKeys: String, CodingKey {
        case tag = "type"
    }

    public init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: CodingKeys.self)
        switch try? container?.decode(String.self, forKey: .tag) {
        case "left": self = .left(try Left(from: decoder))
        default: self = .unknown(try JSONValue(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .left(let value): try value.encode(to: encoder)
        case .unknown(let value): try value.encode(to: encoder)
        }
    }
}

public indirect enum ServerMessage: Codable, Hashable, Sendable {
    case notice(Notice)
    /// What has no type that is known here, but to a newer server.
    case unknown(JSONValue)

    private enum CodingKeys: String, CodingKey {
        case tag = "type"
    }

    public init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: CodingKeys.self)
        switch try? container?.decode(String.self, forKey: .tag) {
        case "notice": self = .notice(try Notice(from: decoder))
        default: self = .unknown(try JSONValue(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .notice(let value): try value.encode(to: encoder)
        case .unknown(let value): try value.encode(to: encoder)
        }
    }
}

public indirect enum ClientMessage: Codable, Hashable, Sendable {
    case nudge(Nudge)
    /// What has no type that is known here, but to a newer server.
    case unknown(JSONValue)

    private enum CodingKeys: String, CodingKey {
        case tag = "type"
    }

    public init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: CodingKeys.self)
        switch try? container?.decode(String.self, forKey: .tag) {
        case "nudge": self = .nudge(try Nudge(from: decoder))
        default: self = .unknown(try JSONValue(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .nudge(let value): try value.encode(to: encoder)
        case .unknown(let value): try value.encode(to: encoder)
        }
    }
}

/// Any JSON.
public indirect enum JSONValue: Codable, Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
