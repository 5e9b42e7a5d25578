using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Records;

/// <summary>A kind of content that leaves a node, in a person's words.</summary>
/// <param name="Name">The words.</param>
public sealed record SentContent(string Name)
{
    /// <summary>What the orchestrator reads off it; <see langword="null"/> where nothing is certain.</summary>
    public string? Tells { get; private init; }

    /// <summary>Whether the orchestrator can read it and it was computed from samples.</summary>
    public bool IsReadable { get; private init; }

    internal static SentContent Activations { get; } = new("activations") { IsReadable = true };

    internal static SentContent LogitGradients { get; } = new("logit gradients") { IsReadable = true, Tells = "they name the labels" };

    internal static SentContent Gradients { get; } = new("gradients") { IsReadable = true };

    internal static SentContent Models { get; } = new("models") { IsReadable = true };

    internal static SentContent Statistics { get; } = new("statistics of the table") { IsReadable = true };

    internal static SentContent MaskedSums { get; } = new("masked sums");

    internal static SentContent SealedModels { get; } = new("sealed models");

    internal static SentContent Keys { get; } = new("keys");

    /// <summary>All kinds that this version knows, in the order of a line.</summary>
    internal static IReadOnlyList<SentContent> All { get; } = [Activations, LogitGradients, Gradients, Models, Statistics, MaskedSums, SealedModels, Keys];

    /// <summary>The kind of a tensor of a message.</summary>
    internal static SentContent Of(FrameLine message, RecordedTensor tensor) => (message.Protection, tensor.Name) switch
    {
        (Protection.Masked, _) => MaskedSums,
        (Protection.Sealed, _) => message.Type == nameof(MessageType.SealedState) ? SealedModels : Keys,
        (_, TensorNames.Activations) => Activations,
        (_, TensorNames.LogitGradients) => LogitGradients,
        (_, TensorNames.ParameterGradients) => Gradients,
        (_, TensorNames.Parameters or TensorNames.Buffers) => Models,
        (_, TensorNames.Blob) => Keys,
        _ => new SentContent(tensor.Name) { IsReadable = true },
    };
}
