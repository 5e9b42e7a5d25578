using TorchSharp;
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
        var scores = new List<double>();
        foreach ((Tensor inputs, Tensor labels) in candidates.Pieces())
        {
            using DisposeScope scope = NewDisposeScope();
            scores.AddRange(nn.functional.cross_entropy(model.Model.call(inputs), labels, reduction: nn.Reduction.None).neg().data<double>().ToArray());
        }

        yield return new MemberGuess([.. scores]);
    }
}
