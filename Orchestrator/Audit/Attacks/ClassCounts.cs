using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>
/// The gradient of the last bias is the sum of the predictions minus the counts of the classes (Wainakh et al. 2022,
/// arXiv 2105.09369). The predictions are those for samples of one's own, class by class: that makes linear equations
/// for the counts, which are solved with as much trust as the predictions deserve. Without such samples the
/// predictions are those for random inputs.
/// </summary>
internal sealed class ClassCounts : IAttack
{
    private const int Probes = 256;

    public string Name => "class counts";

    public string Description => "solves the gradient of the last bias for the counts, with the mean predictions for each class of samples of one's own";

    public string Needs => "the sum of the gradients of all θ";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (facts.Setup.Loss is not CrossEntropyLoss || facts.Setup.Model.Layers[^1] is not LinearLayer { Bias: not false } last || facts.Setup.Model.Vocabulary is not null)
        {
            yield break;
        }

        foreach (SummedGradient sum in view.SummedGradients)
        {
            (Tensor means, double variance) = Predictions(facts, sum.Parameters);

            // Σ_k n_k P[k, c] − n_c = B ∇b_c. The predictions of a row vary about P, the counts about their mean B / C:
            // the ratio of the variances is the weight of that mean (ridge regression).
            double weight = Math.Sqrt(last.Out * variance);
            Tensor identity = eye(last.Out, dtype: ScalarType.Float64);
            Tensor equations = cat([means.t() - identity, identity * weight, ones([1, last.Out], dtype: ScalarType.Float64)]);
            Tensor gradient = tensor(sum.Gradient[^(int)last.Out..]).mul(sum.BatchRows);
            Tensor known = cat([gradient, full([last.Out], weight * sum.Rows / last.Out, dtype: ScalarType.Float64), tensor([(double)sum.Rows])]);
            Tensor counts = LinearSystem.Solve(equations, known.unsqueeze(1)).view(-1).clamp_min(0);
            yield return new CountGuess(sum.Step, "the sum", sum.Nodes, counts.mul(sum.Rows).div(counts.sum()).data<double>().ToArray());
        }
    }

    /// <summary>The mean prediction for each class, <c>[C, C]</c>, and the mean variance of an element about it.</summary>
    private static (Tensor Means, double Variance) Predictions(AuditContext facts, double[] parameters)
    {
        using var model = new KnownModel(facts.Setup, tensor(parameters));
        using IDisposable noGrad = no_grad();
        long classes = facts.Setup.Model.ClassCount;
        if (facts.Candidates is not { } own)
        {
            using var generator = new Generator(facts.Seed);
            Tensor probes = randn([Probes, .. facts.Setup.Model.InputShape], dtype: ScalarType.Float64, generator: generator);
            Tensor found = nn.functional.softmax(model.Model.call(probes), 1);
            return (found.mean([0]).expand(classes, classes), found.var(0).mean().ToDouble());
        }

        Tensor sums = zeros([classes, classes], dtype: ScalarType.Float64);
        Tensor counts = zeros([classes], dtype: ScalarType.Float64);
        double squares = 0;
        foreach ((Tensor inputs, Tensor labels) in own.Pieces())
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor predictions = nn.functional.softmax(model.Model.call(inputs), 1);
            Tensor members = nn.functional.one_hot(labels, classes).to(ScalarType.Float64);
            sums.add_(members.t().mm(predictions));
            counts.add_(members.sum(dim: 0));
            squares += predictions.square().sum().ToDouble();
        }

        // A class of which there is no sample is taken to look like all samples together.
        Tensor all = sums.sum(dim: 0).div(counts.sum()).expand(classes, classes);
        Tensor means = where(counts.unsqueeze(1).gt(0), sums.div(counts.unsqueeze(1).clamp_min(1)), all);
        double explained = means.square().sum(dim: 1).mul(counts).sum().ToDouble();
        return (means, Math.Max(squares - explained, 0) / (counts.sum().ToDouble() * classes));
    }
}
