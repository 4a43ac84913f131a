// Corner 1.0.0, written by `antiphon types corner:app --lang kotlin`.

@file:OptIn(ExperimentalSerializationApi::class)

package corner

import kotlin.jvm.JvmInline
import kotlinx.serialization.*
import kotlinx.serialization.encoding.*
import kotlinx.serialization.json.*

/** Reads what a newer server sends, too. */
val eventJson = Json { ignoreUnknownKeys = true }

/** Somebody said something in a room. */
@Serializable
data class Said(
    val text: String,
    val author: Author,
    /** Format: date-time. */
    val at: String,
    /** Default: "good". */
    val mood: Mood,
    val attached: List<SaidAttached>,
    val counts: Map<String, Long>,
) : ChatRoomNumberIntEvent {
    @EncodeDefault
    val type: String = "said"
}

/** Who has said something. */
@Serializable
data class Author(
    val name: String,
    /** A year. */
    @SerialName("born_in") val bornIn: Long?,
)

/** How something is said. */
@Serializable
@JvmInline
value class Mood(val value: String) {
    companion object {
        val GOOD = Mood("good")
        val BAD = Mood("bad")
    }
}

/** A picture. */
@Serializable
data class Photo(
    val url: String,
) : SaidAttached {
    @EncodeDefault
    val kind: String = "photo"
}

/** A point on the map. */
@Serializable
data class Place(
    val at: List<Double>,
) : SaidAttached {
    @EncodeDefault
    val kind: String = "place"
}

/** Somebody left a room. */
@Serializable
data class Left(
    val author: Author,
) : ChatRoomNumberIntEvent, KeyIdUuidEvent {
    @EncodeDefault
    val type: String = "left"
}

/** Say something in a room. */
@Serializable
data class SayIt(
    val text: String,
    /** Default: "good". */
    val mood: Mood? = null,
    val attached: List<SaidAttached>? = null,
) : ChatRoomNumberIntInput {
    @EncodeDefault
    val type: String = "said"
}

/** Say something loudly. */
@Deprecated("say it")
@Serializable
data class Shout(
    val text: String,
) : ChatRoomNumberIntInput {
    @EncodeDefault
    val type: String = "shout"
}

/** Ask for a notice. */
@Serializable
data class Nudge(
    val text: String,
) : ClientMessage {
    @EncodeDefault
    val type: String = "nudge"
}

/** For one client alone. */
@Serializable
data class Notice(
    val text: String,
) : ServerMessage {
    @EncodeDefault
    val type: String = "notice"
}

/** What a room is made of. */
@Serializable
data class NewRoom(
    val name: String,
    val moods: List<Mood>? = null,
)

/** A room that was made. */
@Serializable
data class Room(
    val id: Long,
    val name: String,
)

@Serializable(with = SaidAttached.Serializer::class)
sealed interface SaidAttached {
    object Serializer :
        JsonContentPolymorphicSerializer<SaidAttached>(SaidAttached::class) {
        override fun selectDeserializer(
            element: JsonElement,
        ): DeserializationStrategy<SaidAttached> =
            when (tagOf(element, "kind")) {
                "photo" -> Photo.serializer()
                "place" -> Place.serializer()
                else -> Unknown.serializer()
            }
    }
}

@Serializable(with = ChatRoomNumberIntEvent.Serializer::class)
sealed interface ChatRoomNumberIntEvent {
    object Serializer :
        JsonContentPolymorphicSerializer<ChatRoomNumberIntEvent>(ChatRoomNumberIntEvent::class) {
        override fun selectDeserializer(
            element: JsonElement,
        ): DeserializationStrategy<ChatRoomNumberIntEvent> =
            when (tagOf(element, "type")) {
                "said" -> Said.serializer()
                "left" -> Left.serializer()
                else -> Unknown.serializer()
            }
    }
}

@Serializable(with = ChatRoomNumberIntInput.Serializer::class)
sealed interface ChatRoomNumberIntInput {
    object Serializer :
        JsonContentPolymorphicSerializer<ChatRoomNumberIntInput>(ChatRoomNumberIntInput::class) {
        override fun selectDeserializer(
            element: JsonElement,
        ): DeserializationStrategy<ChatRoomNumberIntInput> =
            when (tagOf(element, "type")) {
                "said" -> SayIt.serializer()
                "shout" -> Shout.serializer()
                else -> Unknown.serializer()
            }
    }
}

@Serializable(with = KeyIdUuidEvent.Serializer::class)
sealed interface KeyIdUuidEvent {
    object Serializer :
        JsonContentPolymorphicSerializer<KeyIdUuidEvent>(KeyIdUuidEvent::class) {
        override fun selectDeserializer(
            element: JsonElement,
        ): DeserializationStrategy<KeyIdUuidEvent> =
            when (tagOf(element, "type")) {
                "left" -> Left.serializer()
                else -> Unknown.serializer()
            }
    }
}

@Serializable(with = ServerMessage.Serializer::class)
sealed interface ServerMessage {
    object Serializer :
        JsonContentPolymorphicSerializer<ServerMessage>(ServerMessage::class) {
        override fun selectDeserializer(
            element: JsonElement,
        ): DeserializationStrategy<ServerMessage> =
            when (tagOf(element, "type")) {
                "notice" -> Notice.serializer()
                else -> Unknown.serializer()
            }
    }
}

@Serializable(with = ClientMessage.Serializer::class)
sealed interface ClientMessage {
    object Serializer :
        JsonContentPolymorphicSerializer<ClientMessage>(ClientMessage::class) {
        override fun selectDeserializer(
            element: JsonElement,
        ): DeserializationStrategy<ClientMessage> =
            when (tagOf(element, "type")) {
                "nudge" -> Nudge.serializer()
                else -> Unknown.serializer()
            }
    }
}

/** What has no type that is known here, but to a newer server. */
@Serializable(with = UnknownSerializer::class)
data class Unknown(
    val json: JsonElement,
) :
    SaidAttached,
    ChatRoomNumberIntEvent,
    ChatRoomNumberIntInput,
    KeyIdUuidEvent,
    ServerMessage,
    ClientMessage

object UnknownSerializer : KSerializer<Unknown> {
    override val descriptor = JsonElement.serializer().descriptor

    override fun serialize(encoder: Encoder, value: Unknown) =
        encoder.encodeSerializableValue(JsonElement.serializer(), value.json)

    override fun deserialize(decoder: Decoder) =
        Unknown(decoder.decodeSerializableValue(JsonElement.serializer()))
}

private fun tagOf(element: JsonElement, field: String) =
    ((element as? JsonObject)?.get(field) as? JsonPrimitive)?.content
