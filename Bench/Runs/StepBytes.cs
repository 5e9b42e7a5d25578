using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;

namespace TraversalLearning.Benchmarks.Runs;

/// <summary>
/// The bytes of a step by field, as the exchange defines them in float32 and without compression: what cannot be less. What was measured
/// beyond their sum are headers, metadata and heartbeats.
/// </summary>
/// <param name="Indices">Out: which samples.</param>
/// <param name="Parameters">Out: θ, with a relay θ_N, to each node that is visited; with the blind exchange the sum of the last step.</param>
/// <param name="Activations">In: A.</param>
/// <param name="Logits">Out: Z, where there is a relay.</param>
/// <param name="LogitGradients">In: Λ.</param>
/// <param name="ActivationGradients">Out: G, but for one phase.</param>
/// <param name="ParameterGradients">In: ∇_i θ_N, from each node.</param>
/// <param name="Overhead">Both ways: headers and metadata.</param>
internal sealed record StepBytes(
    double Indices, double Parameters, double Activations, double Logits, double LogitGradients, double ActivationGradients, double ParameterGradients, double Overhead)
{
    /// <summary>Names of the fields, in order.</summary>
    public static IReadOnlyList<string> Fields { get; } =
        ["indices", "params", "activations", "logits", "logit_grads", "activation_grads", "param_grads", "headers, metadata"];

    /// <summary>The fields, in order.</summary>
    public IReadOnlyList<double> Values => [Indices, Parameters, Activations, Logits, LogitGradients, ActivationGradients, ParameterGradients, Overhead];

    /// <summary>The least that the exchange can do with.</summary>
    public double Smallest => Values.SkipLast(1).Sum();

    /// <summary>What was measured.</summary>
    public double Total => Smallest + Overhead;

    /// <summary>Of a run.</summary>
    public static StepBytes Of(Contender contender, RunFigures figures)
    {
        const int Size = sizeof(float);
        Workload workload = contender.Workload;
        var model = ModelPresets.Create(workload.Model);
        if (contender.IsBlind)
        {
            // The sum of the last step out, that of this one in: an integer for each parameter.
            double sum = figures.Visits * model.ParameterCount * Size;
            return new StepBytes(0, sum, 0, 0, 0, 0, sum, figures.SentBytes + figures.ReceivedBytes - (2 * sum));
        }

        int cut = model.ParseCut(workload.Cut);
        double rows = (double)workload.BatchSize * Size;
        ExchangeKind exchange = ExchangeKind.Find(contender.Exchange)!;
        double activations = rows * model.ShapeBehind(cut).Aggregate(1L, (a, b) => a * b);
        var bytes = new StepBytes(
            rows,
            figures.Visits * model.ParametersBefore(exchange.NodeLayerCount(model, cut)) * Size,
            activations,
            exchange.NodesHaveModel ? 0 : rows * model.ClassCount,
            rows * model.ClassCount,
            exchange.SendsActivationGradients ? activations : 0,
            figures.Visits * model.ParametersBefore(cut) * Size,
            0);
        return bytes with { Overhead = figures.SentBytes + figures.ReceivedBytes - bytes.Smallest };
    }

    /// <summary>What each node is sent and sends back, phase by phase, without headers.</summary>
    public IReadOnlyList<Phase> Phases(double visits)
    {
        double up = Activations + (Logits > 0 ? 0 : LogitGradients);
        return
        [
            new Phase(Each(Indices + Parameters), Each(ActivationGradients > 0 ? up : up + ParameterGradients)),
            .. Logits > 0 ? (Phase[])[new Phase(Each(Logits), Each(LogitGradients))] : [],
            .. ActivationGradients > 0 ? (Phase[])[new Phase(Each(ActivationGradients), Each(ParameterGradients))] : [],
        ];

        int Each(double bytes) => (int)(bytes / visits);
    }
}

/// <summary>One way there and back.</summary>
/// <param name="Down">Bytes to each node.</param>
/// <param name="Up">Bytes from each node.</param>
internal readonly record struct Phase(int Down, int Up);
