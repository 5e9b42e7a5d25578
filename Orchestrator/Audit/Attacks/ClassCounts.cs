using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>
/// The gradient of the last bias is the mean prediction minus the shares of the classes (Wainakh et al. 2022,
/// arXiv 2105.09369). The mean prediction is that of random inputs.
/// </summary>
internal sealed class ClassCounts : IAttack
{
    private const int Probes = 256;

    public string Name => "class counts";

    public string Description => "the gradient of the last bias, with the mean prediction on random inputs";

    public string Needs => "the sum of the gradients of all θ";

    public IEnumerable<Recovered> Run(PartyView view, AuditContext facts)
    {
        if (facts.Setup.Loss is not CrossEntropyLoss || facts.Setup.Model.Layers[^1] is not LinearLayer { Bias: not false } last || facts.Setup.Model.Vocabulary is not null)
        {
            yield break;
        }

        foreach (SummedGradient sum in view.SummedGradients)
        {
            Tensor prediction = MeanPrediction(facts, sum.Parameters);
            Tensor gradient = tensor(sum.Gradient[^(int)last.Out..]);

            // The gradient is divided by the rows of the batch, the prediction is that of a row.
            Tensor counts = prediction.mul(sum.Rows).sub(gradient.mul(sum.BatchRows)).clamp_min(0);
            yield return new CountGuess(sum.Step, "the sum", sum.Nodes, counts.mul(sum.Rows).div(counts.sum()).data<double>().ToArray());
        }
    }

    private static Tensor MeanPrediction(AuditContext facts, double[] parameters)
    {
        using var model = new KnownModel(facts.Setup, tensor(parameters));
        using IDisposable noGrad = no_grad();
        using var generator = new Generator(facts.Seed);
        Tensor probes = randn([Probes, .. facts.Setup.Model.InputShape], dtype: ScalarType.Float64, generator: generator);
        return nn.functional.softmax(model.Model.call(probes), 1).mean([0]);
    }
}
