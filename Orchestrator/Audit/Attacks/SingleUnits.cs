using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>
/// A unit of the first layer that a single row activates has that row's gradient alone: <c>∇W / ∇b</c> is its input
/// (Phong et al. 2017; Boenisch et al. 2021, arXiv 2112.02918).
/// </summary>
/// <param name="ofBatch">Whether the gradient is the sum over a batch; otherwise it is that of a node.</param>
internal sealed class SingleUnits(bool ofBatch) : IAttack
{
    public string Name => ofBatch ? "∇W/∇b, batch" : "∇W/∇b, node";

    public string Description => "divides the gradient of each unit's weights by that of its bias";

    public string Needs => ofBatch ? "the sum of the gradients; a linear first layer with biases" : "∇_i θ_N; a linear first layer with biases";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (FirstLayer.Of(facts.Setup) is not { HasBias: true } layer)
        {
            return [];
        }

        return ofBatch
            ? view.SummedGradients.Select(s => new InputGuess(s.Step, "the sum", s.Nodes, Ratios(layer, tensor(s.Gradient))))
            : from step in view.Steps
              from visit in view.VisitsAt(step)
              let gradient = visit.ParameterGradients
              where gradient is not null
              select new InputGuess(step, string.Empty, [visit.NodeId], Ratios(layer, gradient));
    }

    private static double[][] Ratios(FirstLayer layer, Tensor gradient)
    {
        Tensor biases = layer.Biases(gradient);
        Tensor active = biases.ne(0);
        return LinearSystem.Rows(layer.Weights(gradient)[active].div(biases[active].unsqueeze(1)));
    }
}
