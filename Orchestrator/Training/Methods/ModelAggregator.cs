using TorchSharp;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>Combines several vectors into one.</summary>
/// <param name="total">Receives the result: <c>[n]</c>.</param>
/// <param name="parts">At least one, in plan order: <c>[n]</c> each, on the same device.</param>
/// <param name="weights">Weights of the parts; they sum to 1.</param>
internal delegate void AggregationRule(Tensor total, IReadOnlyList<Tensor> parts, IReadOnlyList<double> weights);

/// <summary>
/// Combines the models of a round, θ and buffers alike. Parts are added in plan order, so that rounding does not depend
/// on the order of replies. To add a rule, write a function and a line in <see cref="All"/>.
/// </summary>
internal sealed class ModelAggregator(AggregationRule rule)
{
    /// <summary>The rules by name; the first is the default on the command line.</summary>
    public static IReadOnlyDictionary<string, AggregationRule> All { get; } = new Dictionary<string, AggregationRule>(StringComparer.Ordinal)
    {
        ["mean"] = Mean,
        ["uniform"] = static (total, parts, _) => Mean(total, parts, [.. parts.Select(_ => 1.0 / parts.Count)]),
    };

    /// <summary>The aggregator of that name.</summary>
    /// <exception cref="UserErrorException">Unknown name.</exception>
    public static ModelAggregator Create(string name) => All.TryGetValue(name, out AggregationRule? rule)
        ? new ModelAggregator(rule)
        : throw new UserErrorException(ExitCode.Usage, $"--aggregator {name}: there is no such rule; use one of {string.Join(", ", All.Keys)}");

    /// <summary>
    /// Sets a model's θ and buffers to the aggregate of the nodes' updates, weighted by the rows trained on.
    /// </summary>
    /// <param name="model">Unchanged if there are no updates.</param>
    /// <param name="updates">In plan order.</param>
    public void Aggregate(ModelManager model, IReadOnlyList<LocalUpdate> updates)
    {
        if (updates.Count == 0)
        {
            return;
        }

        Aggregate(
            model, [.. updates.Select(u => u.Parameters.Tensor)], [.. updates.Select(u => u.Buffers.Tensor)], [.. updates.Select(u => (double)u.Rows)]);
    }

    /// <summary>Sets a model's θ and buffers to the aggregate of several models.</summary>
    /// <param name="model">Receives the result.</param>
    /// <param name="parameters">θ of each model, at least one, in plan order: <c>[P]</c>.</param>
    /// <param name="buffers">The buffers of each model: <c>[Q]</c>.</param>
    /// <param name="rows">Relative weight of each model.</param>
    public void Aggregate(ModelManager model, IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> buffers, IReadOnlyList<double> rows)
    {
        double sum = rows.Sum();
        double[] weights = [.. rows.Select(r => r / sum)];
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        rule(model.Parameters.Values, [.. parameters.Select(p => p.to(model.Parameters.Values.device))], weights);
        if (buffers[0].numel() > 0)
        {
            Tensor total = empty_like(buffers[0]);
            rule(total, buffers, weights);
            FlatBuffers.Write(model.Parameters, total);
        }
    }

    private static void Mean(Tensor total, IReadOnlyList<Tensor> parts, IReadOnlyList<double> weights)
    {
        total.zero_();
        for (int i = 0; i < parts.Count; i++)
        {
            total.add_(parts[i], alpha: weights[i]);
        }
    }
}
