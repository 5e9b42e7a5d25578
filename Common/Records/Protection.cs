using System.Text.Json.Serialization;
using TraversalLearning.Wire;

namespace TraversalLearning.Records;

/// <summary>Whether the orchestrator can read the tensors of a message.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Protection>))]
public enum Protection
{
    /// <summary>It can.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>They are under masks, and the orchestrator learns their sum over several nodes at most.</summary>
    [JsonStringEnumMemberName("masked")]
    Masked,

    /// <summary>They are under a key that nodes alone have.</summary>
    [JsonStringEnumMemberName("sealed")]
    Sealed,
}

/// <summary>The protection of messages.</summary>
internal static class Protections
{
    /// <summary>How the tensors of a message are protected.</summary>
    public static Protection Of(MessageType type) => type switch
    {
        MessageType.BlindSum or MessageType.BlindScores => Protection.Masked,
        MessageType.SealedState or MessageType.KeyAgreed => Protection.Sealed,
        _ => Protection.None,
    };
}
