using TraversalLearning.Models.Losses;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>A model's loss is smaller on what it was trained on (Yeom et al. 2018, arXiv 1709.01604).</summary>
internal sealed class Membership : IAttack
{
    public string Name => "membership";

    public string Description => "ranks candidates by the final model's loss on them";

    public string Needs => "the last θ";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (view.LastParameters is not { } parameters || facts.Candidates is not { } candidates || facts.Setup.Loss is not CrossEntropyLoss)
        {
            yield break;
        }

        using var model = new KnownModel(facts.Setup, tensor(parameters));
        model.Model.eval();
        using IDisposable noGrad = no_grad();
        Tensor inputs = facts.Setup.Model.Vocabulary is null ? candidates.Inputs.to(ScalarType.Float64) : candidates.Inputs;
        Tensor losses = nn.functional.cross_entropy(model.Model.call(inputs), candidates.Labels, reduction: nn.Reduction.None);
        yield return new MemberGuess(losses.neg().data<double>().ToArray());
    }
}
