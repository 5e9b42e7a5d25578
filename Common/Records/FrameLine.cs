using System.Text.Json.Serialization;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Records;

/// <summary>A message that left.</summary>
public sealed record FrameLine : RecordLine
{
    /// <summary>Host and port of the orchestrator.</summary>
    public required string Orchestrator { get; init; }

    /// <summary>The name in the orchestrator's certificate, with TLS.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Certificate { get; init; }

    /// <summary>The session; absent during the handshake.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Run { get; init; }

    /// <summary>The run's exchange; absent before there is a run.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Exchange { get; init; }

    /// <summary>The node's id.</summary>
    public required int Node { get; init; }

    /// <summary>The message's type, as the protocol names it.</summary>
    public required string Type { get; init; }

    /// <summary>The message's step, if it has one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StepId? Step { get; init; }

    /// <summary>Its tensors.</summary>
    public required IReadOnlyList<RecordedTensor> Tensors { get; init; }

    /// <summary>Length of the whole frame.</summary>
    public required long Bytes { get; init; }

    /// <summary>Samples of the node that the message was computed from, as in <see cref="OutgoingFrame"/>.</summary>
    public required long Rows { get; init; }

    /// <summary>Whether the orchestrator can read the tensors.</summary>
    public required Protection Protection { get; init; }

    /// <summary>The line of a frame.</summary>
    public static FrameLine Of(RecordContext context, in OutgoingFrame frame) => new()
    {
        Orchestrator = context.Orchestrator,
        Certificate = context.Certificate,
        Run = context.Run,
        Exchange = context.Exchange,
        Node = context.Node,
        Type = frame.Type.ToString(),
        Step = frame.Step,
        Tensors = Described(frame.Tensors.Span),
        Bytes = frame.Bytes,
        Rows = frame.Rows,
        Protection = Protections.Of(frame.Type),
    };

    private static RecordedTensor[] Described(ReadOnlySpan<EncodedTensor> tensors)
    {
        var described = new RecordedTensor[tensors.Length];
        for (int i = 0; i < tensors.Length; i++)
        {
            described[i] = RecordedTensor.Of(tensors[i].Descriptor);
        }

        return described;
    }
}
