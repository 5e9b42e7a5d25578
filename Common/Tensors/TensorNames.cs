using TraversalLearning.Wire;

namespace TraversalLearning.Tensors;

/// <summary>The roles of tensors in messages (docs/reference/protocol.md), in the notation of design section 2.</summary>
public static class TensorNames
{
    /// <summary>θ, all parameters in the model's order, flat: <c>[P]</c>; with a relay θ_N, <c>[P_N]</c>.</summary>
    public const string Parameters = "params";

    /// <summary>The visit's local sample indices: <c>[m] int32</c>.</summary>
    public const string Indices = "indices";

    /// <summary><c>A_i</c>, the activations at the cut: <c>[m, …]</c>.</summary>
    public const string Activations = "activations";

    /// <summary><c>Z_i</c>, the logits of a visit's rows: <c>[m, C]</c>.</summary>
    public const string Logits = "logits";

    /// <summary><c>Λ_i</c>, the gradients of the summed loss at the logits: <c>[m, C]</c>.</summary>
    public const string LogitGradients = "logit_grads";

    /// <summary><c>G_i</c>, the gradients of the batch loss at the activations: <c>[m, …]</c>.</summary>
    public const string ActivationGradients = "activation_grads";

    /// <summary><c>∇_i θ_N</c>, flat: <c>[P_N]</c>.</summary>
    public const string ParameterGradients = "param_grads";

    /// <summary>The model's buffers (running statistics of batch-norm), in the model's order, flat: <c>[Q]</c>.</summary>
    public const string Buffers = "buffers";

    /// <summary>θ of a node's neighbours, one per row: <c>[k, P]</c>.</summary>
    public const string NeighborParameters = "neighbor_params";

    /// <summary>Buffers of a node's neighbours, one set per row: <c>[k, Q]</c>.</summary>
    public const string NeighborBuffers = "neighbor_buffers";

    /// <summary>Integers that are added over the nodes of a step, masked: <c>[P + 3]</c>.</summary>
    public const string Sum = "sum";

    /// <summary>Figures that are added over the nodes, masked: <c>[k] int64</c>.</summary>
    public const string Figures = "figures";

    /// <summary>Sample counts of nodes 1 to N: <c>[N] int32</c>.</summary>
    public const string Counts = "counts";

    /// <summary>Bytes that the orchestrator passes on without reading them: <c>[n] uint8</c>.</summary>
    public const string Blob = "blob";

    private static readonly string[] All =
    [
        Parameters, Indices, Activations, Logits, LogitGradients, ActivationGradients, ParameterGradients, Buffers, NeighborParameters, NeighborBuffers,
        Sum, Figures, Counts, Blob,
    ];

    /// <summary>The constant for a name from the wire, so that known names need no allocation; otherwise a new string.</summary>
    internal static string Intern(ReadOnlySpan<byte> utf8)
    {
        foreach (string name in All)
        {
            if (System.Text.Ascii.Equals(utf8, name))
            {
                return name;
            }
        }

        return MetadataMap.StrictUtf8.GetString(utf8);
    }
}
