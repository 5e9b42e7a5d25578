using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>What was seen of one visit. Tensors are copies in float64, in the current dispose scope; <see langword="null"/> where none was seen.</summary>
/// <param name="step">Which step.</param>
/// <param name="nodeId">The node visited.</param>
/// <param name="frames">The frames between it and the orchestrator.</param>
internal sealed class SeenVisit(StepId step, int nodeId, IReadOnlyList<SeenFrame> frames)
{
    public StepId Step { get; } = step;

    public int NodeId { get; } = nodeId;

    /// <summary>The samples visited, in row order; empty if they were not seen.</summary>
    public IReadOnlyList<SampleRow> Rows { get; } =
        [.. Find(frames, TensorNames.Indices) is { } indices ? indices.ToInts().Select(i => new SampleRow(nodeId, i)) : []];

    /// <summary>Rows of the whole batch; <see langword="null"/> if no message said so.</summary>
    public int? BatchRows { get; } = frames.Select(f => f.BatchRows).FirstOrDefault(r => r is not null);

    /// <summary>θ, or with a relay θ_N, flat.</summary>
    public Tensor? Parameters => Get(TensorNames.Parameters);

    /// <summary><c>A_i</c>: <c>[m, …]</c>.</summary>
    public Tensor? Activations => Get(TensorNames.Activations);

    /// <summary><c>Λ_i</c>: <c>[m, C]</c>.</summary>
    public Tensor? LogitGradients => Get(TensorNames.LogitGradients);

    /// <summary><c>G_i</c>: <c>[m, …]</c>.</summary>
    public Tensor? ActivationGradients => Get(TensorNames.ActivationGradients);

    /// <summary><c>Z_i</c>: <c>[m, C]</c>.</summary>
    public Tensor? Logits => Get(TensorNames.Logits);

    /// <summary><c>∇_i θ_N</c>, flat.</summary>
    public Tensor? ParameterGradients => Get(TensorNames.ParameterGradients);

    private Tensor? Get(string name) => Find(frames, name)?.ToTensor();

    private static SeenTensor? Find(IReadOnlyList<SeenFrame> frames, string name) =>
        frames.SelectMany(f => f.Tensors).FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal));
}
