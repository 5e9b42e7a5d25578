using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary><c>G_i</c> of visits: as seen, or computed as the orchestrator does.</summary>
internal static class CutGradients
{
    /// <summary><c>G_i</c>: <c>[m, …]</c>; <see langword="null"/> if the party can neither see nor compute it.</summary>
    public static Tensor? Of(SeenVisit visit, PartyView view, AuditContext facts)
    {
        if (visit.ActivationGradients is { } seen)
        {
            return seen;
        }

        if (visit is not { Activations: { } activations, LogitGradients: { } logitGradients, BatchRows: { } batchRows }
            || view.ParametersAt(visit.Step) is not { } parameters
            || !KnownModel.IsWhole(facts.Setup, parameters))
        {
            return null;
        }

        using var model = new KnownModel(facts.Setup, parameters);
        return model.ActivationGradients(activations, logitGradients, batchRows);
    }
}
