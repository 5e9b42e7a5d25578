using System.Globalization;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Options;

/// <summary>
/// Rules that end a run before its last epoch; the first to apply wins. A rule that is <see langword="null"/> is off.
/// </summary>
internal sealed record StopRules
{
    /// <summary>No rules.</summary>
    public static StopRules None { get; } = new();

    /// <summary>The name of early stopping, which is configured separately (<see cref="EarlyStopping"/>).</summary>
    public const string Patience = "patience";

    /// <summary>Name of the rule for <see cref="Rounds"/>.</summary>
    public const string RoundsName = "rounds";

    /// <summary>Name of the rule for <see cref="Accuracy"/>.</summary>
    public const string AccuracyName = "accuracy";

    /// <summary>Name of the rule for <see cref="Loss"/>.</summary>
    public const string LossName = "loss";

    /// <summary>Name of the rule for <see cref="Seconds"/>.</summary>
    public const string SecondsName = "seconds";

    /// <summary>Name of the rule for <see cref="Bytes"/>.</summary>
    public const string BytesName = "bytes";

    /// <summary>Maximum rounds of the whole run, from 1.</summary>
    public int? Rounds { get; init; }

    /// <summary>Sufficient accuracy on the test set, or without one in validation, from 0 to 1.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Sufficient loss, on the same samples.</summary>
    public double? Loss { get; init; }

    /// <summary>Maximum seconds of training, excluding the initial wait for nodes.</summary>
    public double? Seconds { get; init; }

    /// <summary>Maximum bytes sent and received.</summary>
    public long? Bytes { get; init; }

    private IEnumerable<(string Flag, string Value)> Flags =>
        new[] { (RoundsName, Text(Rounds)), (AccuracyName, Text(Accuracy)), (LossName, Text(Loss)), (SecondsName, Text(Seconds)), (BytesName, Text(Bytes)) }
            .Where(r => r.Item2 is not null)
            .Select(r => (FlagOf(r.Item1), r.Item2!));

    /// <summary>The flag of a rule.</summary>
    public static string FlagOf(string rule) => $"--stop_{rule}";

    /// <summary>The flag of the rule on accuracy or loss, if one is set; <see langword="null"/> otherwise.</summary>
    public string? FlagOfFigure => Accuracy is not null ? FlagOf(AccuracyName) : Loss is not null ? FlagOf(LossName) : null;

    /// <summary>
    /// The flag and value of a rule, for display; for a reason outside these rules, such as a study's verdict, its
    /// name.
    /// </summary>
    public string Describe(string rule) =>
        Flags.Where(f => f.Flag == FlagOf(rule)).Select(f => ShellWords.Join([f.Flag, f.Value])).FirstOrDefault() ?? rule;

    /// <summary>The rule that ends the run after a round; <see langword="null"/> if none applies.</summary>
    /// <param name="rounds">Rounds since the run began.</param>
    /// <param name="spent">Returns the run's seconds and bytes so far; called only if a rule needs them.</param>
    public string? AfterRound(int rounds, Func<(double Seconds, long Bytes)> spent)
    {
        if (rounds >= Rounds)
        {
            return RoundsName;
        }

        if (Seconds is null && Bytes is null)
        {
            return null;
        }

        (double seconds, long bytes) = spent();
        return bytes >= Bytes ? BytesName : seconds >= Seconds ? SecondsName : null;
    }

    /// <summary>
    /// The rule that ends the run after an epoch's evaluation or validation; <see langword="null"/> if none applies.
    /// </summary>
    public string? AfterEpoch(double? accuracy, double? loss) => accuracy >= Accuracy ? AccuracyName : loss <= Loss ? LossName : null;

    private static string? Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture);
}
