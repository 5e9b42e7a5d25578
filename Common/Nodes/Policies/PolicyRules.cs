using System.Globalization;
using System.Numerics;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Nodes.Policies;

/// <summary>A rule of a policy.</summary>
/// <param name="Key">Its key in the file.</param>
/// <param name="Describe">What the policy allows, for a person; <see langword="null"/> if it does not limit this.</param>
/// <param name="Violation">What of a run the policy does not allow; <see langword="null"/> if nothing, or if it shows only later.</param>
public sealed record PolicyRule(string Key, Func<NodePolicy, string?> Describe, Func<NodePolicy, TrainingSetup, string?> Violation);

/// <summary>
/// The rules, in the order of the file. Each is checked against a run before anything is computed;
/// <see cref="PolicyGuard"/> checks those again that a run can break later.
/// </summary>
public static class PolicyRules
{
    /// <summary>All rules.</summary>
    public static IReadOnlyList<PolicyRule> All { get; } =
    [
        // Checked before this node says anything, when only the certificate is known.
        new(PolicyKeys.Orchestrators, p => List(p.Orchestrators), (_, _) => null),
        new(PolicyKeys.Hours, p => p.Hours?.ToString(), (_, _) => null),
        new(PolicyKeys.Algorithms, p => List(p.Algorithms), (p, o) => WordMisfit(p.Algorithms, "the method", o.Terms?.Algorithm)),
        new(PolicyKeys.Exchanges, p => List(p.Exchanges), (p, o) => IsTraversal(o) ? WordMisfit(p.Exchanges, "the exchange", o.Exchange.ToWord()) : null),
        new(
            PolicyKeys.RevealModel,
            p => p.AllowsReveal ? "the orchestrator may get the model of a blind run at its end, if all nodes agree" : "no orchestrator gets the model of a blind run",
            (p, o) => !p.AllowsReveal && o.Terms is { RevealModel: true } ? "the orchestrator asks for the model at the end (--reveal_model)" : null),
        new(PolicyKeys.MinBatch, p => AtLeast(p.MinBatch, "rows in a batch"), (p, o) => Few(p.MinBatch, "rows in a batch", o.Terms?.BatchSize)),
        new(PolicyKeys.MinNodes, p => DescribeNodes(p), (p, o) => Few(p.MinNodes, "nodes", o.Terms?.Nodes)),
        new(
            PolicyKeys.MinCut,
            p => AtLeast(p.MinCut, "layers on this node's side of the cut"),
            (p, o) => SendsActivations(o) ? Few(p.MinCut, "layers on this node's side of the cut", o.Cut) : null),
        new(PolicyKeys.MaxRowsAlone, p => AtMost(p.MaxRowsAlone, "rows behind a message that is not masked"), AloneMisfit),
        new(PolicyKeys.MaxParameters, p => AtMost(p.MaxParameters, "parameters"), (p, o) => Many(p.MaxParameters, "parameters", o.Model.ParameterCount)),
        new(PolicyKeys.MaxModelGb, p => p.MaxModelBytes is { } b ? $"at most {Gigabytes(b)} GB for a model" : null, (_, _) => null),
        new(PolicyKeys.MaxEpochs, p => AtMost(p.MaxEpochs, "passes over this node's samples"), (p, o) => Many(p.MaxEpochs, "passes over this node's samples", o.Terms?.Passes)),
        new(PolicyKeys.MaxRounds, p => AtMost(p.MaxRounds, "rounds"), (p, o) => o.Terms is { LocalEpochs: null } ? null : Many(p.MaxRounds, "rounds", o.Terms?.Epochs)),
        new(PolicyKeys.MaxVisits, p => AtMost(p.VisitLimit, "visits of a sample"), (p, o) => o.Terms is null ? null : Many(p.MaxVisits, "visits of a sample", o.Terms.Passes)),
        new(PolicyKeys.MaxGb, p => p.MaxBytes is { } b ? $"at most {Gigabytes(b)} GB leave in a run" : null, (_, _) => null),
        new(PolicyKeys.MaxRunsPerDay, p => AtMost(p.MaxRunsPerDay, "runs a day"), (_, _) => null),

        // Applied to the node's samples when it starts.
        new(PolicyKeys.Tables, p => p.Tables.TellEverything ? null : DescribeTables(p.Tables), (_, _) => null),
    ];

    /// <summary>Checks a run.</summary>
    /// <exception cref="PolicyException">A rule does not allow it.</exception>
    public static void Require(NodePolicy policy, TrainingSetup setup)
    {
        foreach (PolicyRule rule in All)
        {
            if (rule.Violation(policy, setup) is { } violation)
            {
                throw new PolicyException(rule.Key, violation);
            }
        }
    }

    /// <summary>A number of bytes in gigabytes.</summary>
    internal static string Gigabytes(long bytes) => (bytes / 1e9).ToString("0.######", CultureInfo.InvariantCulture);

    private static bool IsTraversal(TrainingSetup setup) => setup.Terms is null or { Algorithm: "tl" };

    /// <summary>Whether activations at the cut leave the node.</summary>
    private static bool SendsActivations(TrainingSetup setup) => setup.Terms?.LocalEpochs is null && !setup.Exchange.Kind().IsBlind;

    private static string? AloneMisfit(NodePolicy policy, TrainingSetup setup) => policy.MaxRowsAlone is { } most && most == 0 && !setup.Exchange.Kind().IsBlind
        ? "nothing but masked sums may leave, and this run is not blind"
        : null;

    private static string DescribeNodes(NodePolicy policy) => policy.MinNodes is { } nodes
        ? $"at least {nodes} nodes, in a blind run in every sum"
        : $"at least {policy.BlindNodes} nodes in every sum of a blind run";

    private static string DescribeTables(TellRules rules)
    {
        string columns = rules.Columns is null ? "all columns" : $"the columns {string.Join(", ", rules.Columns.Order(StringComparer.Ordinal))}";
        string kinds = rules.Statistics == ToldStatistics.None ? "nothing" : string.Join(", ", TellRules.Kinds.Where(k => rules.Statistics.HasFlag(k)).Select(TellRules.WordOf));
        return string.Create(CultureInfo.InvariantCulture, $"of {columns}: {kinds}{(rules.MinCount > 1 ? $", of no fewer than {rules.MinCount} rows" : string.Empty)}");
    }

    private static string? List(IReadOnlyList<string>? words) => words is null ? null : string.Join(", ", words);

    private static string? WordMisfit(IReadOnlyList<string>? allowed, string what, string? word) =>
        allowed is null ? null
        : word is null ? $"the orchestrator does not say {what}, and {List(allowed)} is allowed"
        : allowed.Contains(word, StringComparer.Ordinal) ? null
        : $"{what} is {Wire.Printable.Escape(word)}, and {List(allowed)} is allowed";

    private static string? AtLeast<T>(T? limit, string what)
        where T : struct, INumber<T> => limit is { } least ? string.Create(CultureInfo.InvariantCulture, $"at least {least:N0} {what}") : null;

    private static string? AtMost<T>(T? limit, string what)
        where T : struct, INumber<T> => limit is { } most ? string.Create(CultureInfo.InvariantCulture, $"at most {most:N0} {what}") : null;

    private static string? Few(int? limit, string what, int? value) =>
        limit is not (> 1 and var least) ? null
        : value is not { } given ? $"the orchestrator does not say how many {what} there are, and {least} are needed"
        : given < least ? $"{given} {what}, and {least} are needed"
        : null;

    private static string? Many(long? limit, string what, long? value) =>
        limit is not { } most ? null
        : value is not { } given ? $"the orchestrator does not say how many {what} there are, and {most} are allowed"
        : given > most ? $"{given} {what}, and {most} are allowed"
        : null;
}
