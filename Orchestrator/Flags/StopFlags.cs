using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>
/// Flags that end a run before its last epoch, except early stopping (<see cref="ValidationFlags"/>).
/// </summary>
internal sealed class StopFlags : FlagSection
{
    public StopFlags()
    {
        Declare(
            Flag.Int(StopRules.FlagOf(StopRules.RoundsName), "end the run after this many rounds ([stopping rules](training.md#stopping-rules)); 0 for never", 0, min: 0),
            o => o.Stop.Rounds ?? 0,
            (s, v) => s with { Rounds = v > 0 ? v : null });
        Declare(
            Flag.OptionalNumber(
                StopRules.FlagOf(StopRules.AccuracyName),
                "end the run after an epoch with at least this accuracy on the test set, or in validation without one",
                min: 0,
                max: 1),
            o => o.Stop.Accuracy,
            (s, v) => s with { Accuracy = v });
        Declare(
            Flag.OptionalNumber(
                StopRules.FlagOf(StopRules.LossName), "end the run after an epoch with at most this loss on the test set, or in validation without one", min: 0),
            o => o.Stop.Loss,
            (s, v) => s with { Loss = v });
        Declare(
            Flag.OptionalNumber(StopRules.FlagOf(StopRules.SecondsName), "end the run after the round in which it has trained for this long", min: 0.001),
            o => o.Stop.Seconds,
            (s, v) => s with { Seconds = v });
        Declare(
            Flag.OptionalNumber(
                StopRules.FlagOf(StopRules.BytesName), "end the run after the round in which it has sent and received this many bytes", min: 1, max: 1e18),
            o => o.Stop.Bytes,
            (s, v) => s with { Bytes = (long?)v },
            o => o.Stop.Bytes?.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public override RunOptions Read(RunOptions options, ParseResult result)
    {
        RunOptions read = base.Read(options, result);
        return read.Stop.Accuracy is not null && read.Loss.Outputs == OutputMeaning.Numbers
            ? throw new UserErrorException(ExitCode.Usage, $"--stop_accuracy does not go with --loss {read.Loss.Name}, which has no classes; use --stop_loss")
            : read;
    }

    private void Declare<T>(Flag<T> flag, Func<RunOptions, T> of, Func<StopRules, T, StopRules> with, Func<RunOptions, string?>? identity = null) =>
        Add(new RunFlag<T>(flag, of, (o, v) => o with { Stop = with(o.Stop, v) })
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Result,
            IsOmittedAtDefault = true,
            Identity = identity,
        });
}
