using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>
/// Searches for inputs and labels whose gradient is the one seen, by L-BFGS (deep leakage from gradients, Zhu et al.
/// 2019, arXiv 1906.08935). Bounded in steps and in time; somebody with more of both gets no less.
/// </summary>
internal sealed class GradientInversion : IAttack
{
    private const int Iterations = 200;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(5);

    public string Name => "gradient inversion";

    public string Description => $"L-BFGS on the distance of gradients, at most {Iterations} iterations or {Budget.TotalSeconds:0} s";

    public string Needs => "the sum of the gradients of all θ";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (facts.Setup.Loss is not Models.Losses.CrossEntropyLoss || facts.Setup.Model.Vocabulary is not null || view.SummedGradients.Count == 0)
        {
            yield break;
        }

        // The first step is the easiest: random parameters hide the least.
        SummedGradient sum = view.SummedGradients[0];
        yield return new InputGuess(sum.Step, "the sum", sum.Nodes, Search(facts, sum));
    }

    private static double[][] Search(AuditContext facts, SummedGradient sum)
    {
        using var model = new KnownModel(facts.Setup, tensor(sum.Parameters));
        using var generator = new Generator(facts.Seed);
        Parameter[] weights = [.. model.Model.parameters()];
        Tensor target = tensor(sum.Gradient);
        double scale = 1 / Math.Max(target.square().sum().ToDouble(), double.Epsilon);
        long width = facts.Setup.Model.InputShape.Aggregate(1L, (a, b) => a * b);
        long pixels = sum.Rows * width;
        Tensor start = randn([pixels + (sum.Rows * facts.Setup.Model.ClassCount)], dtype: ScalarType.Float64, generator: generator);
        Tensor found = new Lbfgs(Iterations, Budget).Minimise(start, point =>
        {
            Tensor leaf = point.detach().requires_grad_();
            Tensor inputs = leaf.narrow(0, 0, pixels).view([sum.Rows, .. facts.Setup.Model.InputShape]);
            Tensor labels = leaf.narrow(0, pixels, leaf.numel() - pixels).view(sum.Rows, -1);
            Tensor distance = Distance(model, weights, target, inputs, labels, sum.BatchRows).mul(scale);
            Tensor gradient = autograd.grad([distance], [leaf])[0];
            return (distance.ToDouble(), gradient);
        });
        return LinearSystem.Rows(found.narrow(0, 0, pixels).view(sum.Rows, width));
    }

    private static Tensor Distance(KnownModel model, Parameter[] weights, Tensor target, Tensor inputs, Tensor labels, int batchRows)
    {
        Tensor logits = model.Model.call(inputs);
        Tensor loss = nn.functional.log_softmax(logits, 1).mul(nn.functional.softmax(labels, 1)).sum().neg().div(batchRows);
        IList<Tensor> gradients = autograd.grad([loss], weights, retain_graph: true, create_graph: true);
        return cat([.. gradients.Select(g => g.flatten())]).sub(target).square().sum();
    }
}
