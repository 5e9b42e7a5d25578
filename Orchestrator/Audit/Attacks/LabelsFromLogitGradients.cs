using TraversalLearning.Models.Losses;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary><c>Λ</c> is the prediction minus the truth: only the class of a row has a negative gradient.</summary>
internal sealed class LabelsFromLogitGradients : IAttack
{
    public string Name => "labels from Λ";

    public string Description => "the only negative element of a row of Λ is at its class";

    public string Needs => "Λ";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (facts.Setup.Loss.Outputs == OutputMeaning.Numbers)
        {
            yield break;
        }

        foreach (Messages.StepId step in view.Steps)
        {
            var labels = new Dictionary<SampleRow, int>();
            foreach (SeenVisit visit in view.VisitsAt(step))
            {
                if (visit.LogitGradients is { } gradients)
                {
                    Add(labels, visit, gradients);
                }
            }

            if (labels.Count > 0)
            {
                yield return new LabelGuess(step, string.Empty, labels);
            }
        }
    }

    private static void Add(Dictionary<SampleRow, int> labels, SeenVisit visit, Tensor gradients)
    {
        // A single output is the logit of class 1 of two.
        Tensor classes = gradients.shape[1] == 1 ? gradients.lt(0).view(-1).to(ScalarType.Int64) : gradients.argmin(1);
        foreach ((SampleRow row, long label) in visit.Rows.Zip(classes.data<long>().ToArray()))
        {
            labels[row] = (int)label;
        }
    }
}
