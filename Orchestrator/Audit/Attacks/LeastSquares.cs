using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>The gradient of a linear first layer is <c>Gᵀ X</c>. Who knows <c>G</c> solves that for the inputs <c>X</c>.</summary>
/// <param name="ofBatch">Whether only the sum over all nodes is used, which is what adding the gradients would leave.</param>
internal sealed class LeastSquares(bool ofBatch) : IAttack
{
    public string Name => ofBatch ? "least squares, batch" : "least squares, node";

    public string Description => ofBatch ? "solves Gᵀ X = Σ ∇θ_N for the rows of the batch" : "solves G_iᵀ X_i = ∇_i θ_N for the rows of each node";

    public string Needs => "∇θ_N, and G, or Λ, A and θ; a linear first layer and the cut behind it";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (FirstLayer.AtCut(facts.Setup) is not { } layer)
        {
            yield break;
        }

        foreach (Messages.StepId step in view.Steps)
        {
            Known[] known = [.. view.VisitsAt(step).Select(v => Known.Of(v, view, facts)).OfType<Known>()];
            if (known.Length == 0)
            {
                continue;
            }

            Known[] systems = ofBatch ? [Known.Sum(known)] : known;
            double[][] inputs = [.. systems.SelectMany(k => LinearSystem.Rows(LinearSystem.Solve(k.Gradients.t(), layer.Weights(k.Parameters))))];
            yield return new InputGuess(step, string.Empty, [], inputs) { Rows = [.. known.SelectMany(k => k.Rows)] };
        }
    }

    /// <summary>What is known of some rows.</summary>
    private sealed record Known(IReadOnlyList<SampleRow> Rows, Tensor Gradients, Tensor Parameters)
    {
        public static Known? Of(SeenVisit visit, PartyView view, AuditContext facts) =>
            visit.ParameterGradients is { } parameters && visit.Rows.Count > 0 && CutGradients.Of(visit, view, facts) is { } gradients
                ? new Known(visit.Rows, gradients, parameters)
                : null;

        public static Known Sum(Known[] known) => new(
            [.. known.SelectMany(k => k.Rows)], cat([.. known.Select(k => k.Gradients)]), stack(known.Select(k => k.Parameters)).sum(dim: 0));
    }
}
