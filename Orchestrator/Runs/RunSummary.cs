using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Builds <c>run.json</c> for a completed run.</summary>
internal static class RunSummary
{
    /// <summary>The content of the file.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">The request's options, with open choices resolved.</param>
    /// <param name="outcome">The run's outcome.</param>
    /// <param name="total">Duration, including the wait for nodes.</param>
    public static RunRecord Of(RunRequest request, RunOptions options, RunOutcome outcome, TimeSpan total) => new()
    {
        Algorithm = options.Algorithm.ToString(),
        Arguments = request.Arguments,
        Options = OptionsOf(options),
        OptionsDigest = ResultOptions.Digest(ResultOptions.Of(options), outcome.Branches),
        Branches = [.. outcome.Branches.Select(WithoutHyphens)],
        ResumedFromStep = request.Resumed?.Manifest.Progress.Steps,
        Computation = new ComputationRecord(LibTorch.Loaded?.Threads, LibTorch.Loaded?.InstructionSet, LibTorch.Loaded?.MatrixProducts),
        Versions = new VersionsRecord(
            ProductInfo.Version,
            System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
            LibTorch.Loaded?.Version,
            typeof(TorchSharp.torch).Assembly.GetName() is var torch ? $"{torch.Name} {torch.Version}" : null),
        Result = ResultOf(options, outcome, total),
        Blind = outcome.Blind,
        Nodes = [.. outcome.Nodes.Select(n => new NodeRecord(n.NodeId, n.SampleCount, n.Metadata.Entries))],
        Performance = outcome.Figures is { } figures ? figures with { PeakMemoryBytes = ProcessUsage.PeakMemoryBytes } : null,
    };

    /// <summary>All flags of the run with their values; for starting weights, the file's digest as well.</summary>
    private static JsonObject OptionsOf(RunOptions options)
    {
        var all = new JsonObject(RunFlags.Known.All.Where(f => f.IsInSummary).Select(f => KeyValuePair.Create(f.Key, f.JsonOf(options))));
        all["init_sha256"] = options.Start?.Sha256;
        return all;
    }

    /// <summary>
    /// Why the result may differ from that of centralized training; <see langword="null"/> if it does not.
    /// </summary>
    public static string? LossOf(RunOptions options, RunOutcome outcome) =>
        outcome.Progress.TotalSkippedRows is > 0 and long skipped ? $"{skipped} rows were skipped"
        : options.Algorithm == Algorithm.Traversal ? Exactness.Problem(options.Model, options.Cut, options.Exchange)
        : null;

    private static ResultRecord ResultOf(RunOptions options, RunOutcome outcome, TimeSpan total) => new()
    {
        Accuracy = outcome.Evaluation?.Accuracy,
        Loss = outcome.Evaluation?.Loss,
        MacroF1 = outcome.Evaluation?.MacroF1,
        Auc = outcome.Evaluation?.Auc,
        Rmse = outcome.Evaluation?.Rmse,
        Mae = outcome.Evaluation?.Mae,
        R2 = outcome.Evaluation?.R2,
        ValidationLoss = outcome.Validation?.Loss,
        ValidationAccuracy = outcome.Validation?.Accuracy,
        Epochs = outcome.Progress.Epoch - 1,
        StoppedBy = outcome.StoppedBy,
        BestEpoch = outcome.Progress.Stopping?.BestEpoch,
        Steps = outcome.Progress.Steps,
        ParamsSha256 = outcome.Hash,
        Lossy = LossOf(options, outcome) is not null,
        LossyBecause = LossOf(options, outcome),
        SkippedRows = outcome.Progress.TotalSkippedRows,
        Seconds = outcome.Meters.Seconds,
        TotalSeconds = total.TotalSeconds,
        SentBytes = outcome.Meters.SentBytes,
        ReceivedBytes = outcome.Meters.ReceivedBytes,
    };

    private static RunBranch WithoutHyphens(RunBranch branch) =>
        branch with { Changed = branch.Changed.ToDictionary(c => c.Key[2..], c => c.Value, StringComparer.Ordinal) };
}
