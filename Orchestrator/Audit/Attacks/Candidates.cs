using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>Samples of which an attacker wants to know whether they were trained on. Borrowed tensors.</summary>
/// <param name="Inputs"><c>[n, …]</c>, as the model takes them.</param>
/// <param name="Labels"><c>[n]</c>.</param>
internal sealed record Candidates(Tensor Inputs, Tensor Labels);
