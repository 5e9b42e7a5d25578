using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>Rows of one class have gradients of one direction: k-means finds which belong together, whatever the classes are called.</summary>
/// <param name="source">The gradients to group by.</param>
internal sealed class Grouping(Grouping.Source source) : IAttack
{
    /// <summary>Gradients of rows.</summary>
    internal enum Source
    {
        LogitGradients,
        ActivationGradients,
    }

    private bool IsAtLogits => source == Source.LogitGradients;

    public string Name => IsAtLogits ? "grouping by Λ" : "grouping by G";

    public string Description => $"k-means on the directions of the rows of {(IsAtLogits ? "Λ" : "G")}, as many groups as classes";

    public string Needs => IsAtLogits ? "Λ" : "G, or Λ, A and θ";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (facts.ClassCount is not { } classes)
        {
            yield break;
        }

        foreach (Messages.StepId step in view.Steps)
        {
            var rows = new List<SampleRow>();
            var gradients = new List<Tensor>();
            foreach (SeenVisit visit in view.VisitsAt(step))
            {
                if ((IsAtLogits ? visit.LogitGradients : CutGradients.Of(visit, view, facts)) is { } found)
                {
                    rows.AddRange(visit.Rows);
                    gradients.Add(found.flatten(1));
                }
            }

            if (rows.Count > classes)
            {
                int[] groups = KMeans.Of(cat(gradients), classes, facts.Seed);
                yield return new GroupGuess(step, string.Empty, rows.Zip(groups).ToDictionary(p => p.First, p => p.Second));
            }
        }
    }
}
