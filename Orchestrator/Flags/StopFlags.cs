using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>The flags of what ends a run before its last epoch, but for early stopping (<see cref="ValidationFlags"/>).</summary>
internal sealed class StopFlags
{
    private readonly Flag<int> _rounds = Flag.Int("--stop_rounds", "End the run after so many rounds, in the middle of an epoch too; 0 for never", 0, min: 0);
    private readonly Flag<double?> _accuracy = Flag.OptionalNumber("--stop_accuracy", "End the run after an epoch with at least this accuracy on the test set, without one in validation", min: 0, max: 1);
    private readonly Flag<double?> _loss = Flag.OptionalNumber("--stop_loss", "End the run after an epoch with at most this loss on the test set, without one in validation", min: 0);
    private readonly Flag<double?> _seconds = Flag.OptionalNumber("--stop_seconds", "End the run after the round in which it has trained for so many seconds", min: 0.001);
    private readonly Flag<double?> _bytes = Flag.OptionalNumber("--stop_bytes", "End the run after the round in which it has sent and received so many bytes", min: 1, max: 1e18);

    /// <summary>All of them.</summary>
    public IEnumerable<Option> Options => [_rounds.Option, _accuracy.Option, _loss.Option, _seconds.Option, _bytes.Option];

    /// <summary>Reads and validates.</summary>
    /// <param name="result">What was given.</param>
    /// <param name="loss">Of the run.</param>
    /// <exception cref="UserErrorException">Values that do not go with the loss.</exception>
    public StopRules Read(ParseResult result, LossFunction loss) => _accuracy.Get(result) is not null && loss.Outputs == OutputMeaning.Numbers
        ? throw new UserErrorException(ExitCode.Usage, $"--stop_accuracy does not go with --loss {loss.Name}, which has no classes; use --stop_loss")
        : new StopRules
        {
            Rounds = _rounds.Get(result) is > 0 and var rounds ? rounds : null,
            Accuracy = _accuracy.Get(result),
            Loss = _loss.Get(result),
            Seconds = _seconds.Get(result),
            Bytes = (long?)_bytes.Get(result),
        };
}
