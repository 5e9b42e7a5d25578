using TorchSharp;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>Makes one vector of several.</summary>
/// <param name="total">Where it goes: <c>[n]</c>.</param>
/// <param name="parts">At least one, in plan order: <c>[n]</c> each, on the same device.</param>
/// <param name="weights">Of the parts; together 1.</param>
internal delegate void AggregationRule(Tensor total, IReadOnlyList<Tensor> parts, IReadOnlyList<double> weights);

/// <summary>
/// How the models of a round become one: θ and buffers alike, in plan order, so that sums round alike whoever answers first. Another rule is a
/// function and a line of <see cref="All"/>.
/// </summary>
internal sealed class ModelAggregator(AggregationRule rule)
{
    /// <summary>The rules by their names; the first is the default of the command line.</summary>
    public static IReadOnlyDictionary<string, AggregationRule> All { get; } = new Dictionary<string, AggregationRule>(StringComparer.Ordinal)
    {
        ["mean"] = Mean,
        ["uniform"] = static (total, parts, _) => Mean(total, parts, [.. parts.Select(_ => 1.0 / parts.Count)]),
    };

    /// <summary>The aggregator of a name.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static ModelAggregator Create(string name) => All.TryGetValue(name, out AggregationRule? rule)
        ? new ModelAggregator(rule)
        : throw new UserErrorException(ExitCode.Usage, $"--aggregator {name}: there is no such rule; use one of {string.Join(", ", All.Keys)}");

    /// <summary>Makes θ and buffers of a model of what nodes made of them; each weighs by the rows that it was trained on.</summary>
    /// <param name="model">Stays as it is if there are no updates.</param>
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

    /// <summary>Makes θ and buffers of a model of several.</summary>
    /// <param name="model">Gets them.</param>
    /// <param name="parameters">θ of each, at least one, in plan order: <c>[P]</c>.</param>
    /// <param name="buffers">The buffers of each: <c>[Q]</c>.</param>
    /// <param name="rows">What each weighs, beside the others.</param>
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
