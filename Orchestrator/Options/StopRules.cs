using System.Globalization;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Options;

/// <summary>What ends a run before its last epoch, whichever comes first. What is <see langword="null"/> ends nothing.</summary>
internal sealed record StopRules
{
    /// <summary>None.</summary>
    public static StopRules None { get; } = new();

    /// <summary>How early stopping is called, which is a rule of its own (<see cref="EarlyStopping"/>).</summary>
    public const string Patience = "patience";

    /// <summary>The rule of <see cref="Rounds"/>.</summary>
    public const string RoundsName = "rounds";

    /// <summary>The rule of <see cref="Accuracy"/>.</summary>
    public const string AccuracyName = "accuracy";

    /// <summary>The rule of <see cref="Loss"/>.</summary>
    public const string LossName = "loss";

    /// <summary>The rule of <see cref="Seconds"/>.</summary>
    public const string SecondsName = "seconds";

    /// <summary>The rule of <see cref="Bytes"/>.</summary>
    public const string BytesName = "bytes";

    /// <summary>Rounds of the whole run, from 1.</summary>
    public int? Rounds { get; init; }

    /// <summary>Accuracy on the test set, or without one in validation, that is enough, from 0 to 1.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Loss there that is low enough.</summary>
    public double? Loss { get; init; }

    /// <summary>Seconds of training, waiting for nodes at the start left out.</summary>
    public double? Seconds { get; init; }

    /// <summary>Bytes sent and received.</summary>
    public long? Bytes { get; init; }

    private IEnumerable<(string Flag, string Value)> Flags =>
        new[] { (RoundsName, Text(Rounds)), (AccuracyName, Text(Accuracy)), (LossName, Text(Loss)), (SecondsName, Text(Seconds)), (BytesName, Text(Bytes)) }
            .Where(r => r.Item2 is not null)
            .Select(r => (FlagOf(r.Item1), r.Item2!));

    /// <summary>The flag of a rule.</summary>
    public static string FlagOf(string rule) => $"--stop_{rule}";

    /// <summary>The flag of a rule that goes by how good the model is; <see langword="null"/> if there is none.</summary>
    public string? FlagOfFigure => Accuracy is not null ? FlagOf(AccuracyName) : Loss is not null ? FlagOf(LossName) : null;

    /// <summary>The flag and value of a rule, for people; of what is no rule of this run's own, such as a study's verdict, its name.</summary>
    public string Describe(string rule) =>
        Flags.Where(f => f.Flag == FlagOf(rule)).Select(f => ShellWords.Join([f.Flag, f.Value])).FirstOrDefault() ?? rule;

    /// <summary>The rule that ends the run after a round; <see langword="null"/> if none does.</summary>
    /// <param name="rounds">Done since the run began.</param>
    /// <param name="spent">Says the seconds and bytes of the run so far; asked only where a rule needs it.</param>
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

    /// <summary>The rule that ends the run after an epoch's evaluation or validation; <see langword="null"/> if none does.</summary>
    public string? AfterEpoch(double? accuracy, double? loss) => accuracy >= Accuracy ? AccuracyName : loss <= Loss ? LossName : null;

    private static string? Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture);
}
