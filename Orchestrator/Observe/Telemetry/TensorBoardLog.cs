using TorchSharp.Modules;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs;
using static TorchSharp.torch.utils;

namespace TraversalLearning.Orchestration.Observe.Telemetry;

/// <summary>
/// Figures of a run as TensorBoard's event files, in a folder of the run's name. The tags are the columns of <c>metrics.csv</c>, behind <c>epoch/</c> or
/// <c>round/</c>; the steps are rounds.
/// </summary>
internal sealed class TensorBoardLog
{
    private readonly string _folder;
    private readonly bool _hasClasses;
    private SummaryWriter? _writer;
    private bool _hasFailed;

    private TensorBoardLog(string folder, bool hasClasses)
    {
        _folder = folder;
        _hasClasses = hasClasses;
    }

    /// <summary>Makes the folder of all runs, and finds out whether it can be written to.</summary>
    /// <exception cref="UserErrorException">It cannot.</exception>
    public static void Require(string folder)
    {
        ErrorTable.Writing.Guard(Probe, e => $"cannot write to '{folder}': {e.Message}; choose another --tensorboard");

        void Probe()
        {
            PrivateFiles.CreateFolder(folder);
            using var probe = new FileStream(
                Path.Combine(folder, $".{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
    }

    /// <summary>Writes down a run that is about to begin.</summary>
    /// <param name="folder">That of all runs.</param>
    /// <param name="request">The run.</param>
    /// <returns>To be disposed when it has ended.</returns>
    public static IDisposable Follow(string folder, RunRequest request)
    {
        var log = new TensorBoardLog(
            Path.Combine(folder, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Folder.Path)))),
            request.Options.HasClasses);
        return request.Events.Subscribe(static e => e is RoundCompleted or EpochCompleted, log.Observe);
    }

    private void Observe(RunEvent runEvent)
    {
        switch (runEvent)
        {
            case RoundCompleted { Outcome.Rows: > 0 } e when !_hasFailed:
                int step = ((e.Round.Epoch - 1) * e.RoundsPerEpoch) + e.Round.Index + 1;
                Write([("round/train_loss", e.Outcome.LossSum / e.Outcome.Rows)], step, e.Time);
                break;
            case EpochCompleted e:
                Write(FiguresOf(e), e.Progress.Steps, e.Time);
                break;
        }
    }

    private (string Tag, double? Value)[] FiguresOf(EpochCompleted e)
    {
        (TrainingProgress progress, Evaluation? test, Validation? held, RunMeters meters) = (e.Progress, e.Evaluation, e.Validation, e.Meters);
        return
        [
            ("epoch/train_loss", e.TrainLoss),
            ("epoch/train_accuracy", _hasClasses && progress.Rows > 0 ? (double)progress.Hits / progress.Rows : null),
            ("epoch/test_loss", test?.Loss),
            ("epoch/test_accuracy", test?.Accuracy),
            ("epoch/test_macro_f1", test?.MacroF1),
            ("epoch/test_auc", test?.Auc),
            ("epoch/test_rmse", test?.Rmse),
            ("epoch/test_mae", test?.Mae),
            ("epoch/validation_loss", held?.Loss),
            ("epoch/validation_accuracy", held?.Accuracy),
            ("epoch/lr", e.LearningRate),
            ("epoch/seconds", meters.EpochSeconds),
            ("epoch/skipped_rows", progress.SkippedRows),
        ];
    }

    private void Write((string Tag, double? Value)[] figures, int step, DateTimeOffset time)
    {
        try
        {
            // Made late: its checksums are libtorch's, which is loaded when the run has settled how.
            _writer ??= tensorboard.SummaryWriter(_folder);
            foreach ((string tag, double? value) in figures)
            {
                if (value is { } number)
                {
                    _writer.add_scalar(tag, (float)number, step, time.ToUnixTimeSeconds());
                }
            }

            _hasFailed = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A record may be there in part, behind which nobody reads: the next epoch tries another file.
            _writer = null;
            _hasFailed = true;
            throw new IOException($"cannot write to '{_folder}' for TensorBoard: {e.Message}", e);
        }
    }
}
