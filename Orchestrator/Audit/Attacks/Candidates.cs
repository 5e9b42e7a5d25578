using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>Samples that an attacker has, with their labels, some of which were trained on. Borrowed tensors.</summary>
/// <param name="Inputs"><c>[n, …]</c>, as the model takes them.</param>
/// <param name="Labels"><c>[n]</c>.</param>
internal sealed record Candidates(Tensor Inputs, Tensor Labels)
{
    // Activations of all of them at once may not fit into memory.
    private const int RowsAtOnce = 128;

    /// <summary>Some at a time, in order; numbers in float64.</summary>
    public IEnumerable<(Tensor Inputs, Tensor Labels)> Pieces() => Inputs.split(RowsAtOnce)
        .Zip(Labels.split(RowsAtOnce), (inputs, labels) => (inputs.is_floating_point() ? inputs.to(ScalarType.Float64) : inputs, labels));
}
