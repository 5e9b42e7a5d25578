using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Finds the checkpoint that a run resumes from and the flags that apply.</summary>
internal static class Resumption
{
    private const string Model = "--model";
    private const string Schedule = "--schedule";
    private const string Dataset = "--dataset";

    /// <summary>The flags that a checkpoint keeps besides those that determine the result.</summary>
    /// <param name="given">The flags that were given.</param>
    /// <param name="resultOptions">The flags that determine the result.</param>
    public static IReadOnlyDictionary<string, string> SettingsOf(
        IReadOnlyDictionary<string, string> given, IReadOnlyDictionary<string, string> resultOptions)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string flag, string value) in given.Where(f => !resultOptions.ContainsKey(f.Key)))
        {
            settings[flag] = value;
        }

        return settings;
    }

    /// <summary>The newest intact checkpoint.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static Checkpoint Choose(ResumeTarget target, OrchestratorLog log) =>
        new CheckpointStore(target.RunFolder).FindNewest(target.LastStep, e => log.CheckpointDamaged(e.Message))
        ?? throw new UserErrorException(ExitCode.Data, $"no checkpoint in '{target.RunFolder}' can be used; start anew without --resume");

    /// <summary>The flags from a checkpoint that determine the resumed run's result and rounding.</summary>
    /// <param name="manifest">The checkpoint's manifest.</param>
    /// <param name="folder">The run folder.</param>
    /// <param name="given">The flags given now: a new schedule does not take over flags that belonged to the previous
    /// one.</param>
    public static IReadOnlyDictionary<string, string> DecidedBy(CheckpointManifest manifest, RunFolder folder, IReadOnlyDictionary<string, string> given)
    {
        // The same number of threads rounds the same way.
        var decided = new Dictionary<string, string>(manifest.Options, StringComparer.Ordinal);
        if (manifest.Settings.TryGetValue(RunLines.Threads, out string? threads))
        {
            decided[RunLines.Threads] = threads;
        }

        if (given.TryGetValue(Schedule, out string? schedule) && decided.TryGetValue(Schedule, out string? before) && schedule != before)
        {
            decided = decided.Where(d => !OptimizerFlags.OfSchedule.Contains(d.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);
        }

        // The checkpoint has only the digest of a model from a file, for comparison; the run folder has the model
        // itself.
        if (decided.TryGetValue(Model, out string? model) && DescriptionFile.IsIdentity(model))
        {
            decided[Model] = folder.DescriptionPath;
        }

        return decided;
    }

    /// <summary>Checks a run against the checkpoint that it resumes from.</summary>
    /// <returns>The points where the run was resumed with other flags, including this one; <see langword="null"/> if
    /// there are none.</returns>
    /// <exception cref="UserErrorException">The run would be a different one, or is already complete.</exception>
    public static IReadOnlyList<RunBranch>? Check(CheckpointManifest manifest, RunRequest request, OrchestratorLog log)
    {
        (RunOptions options, RunFolder folder) = (request.Options, request.Folder);
        if (manifest.Algorithm != options.Algorithm.ToString())
        {
            throw new UserErrorException(ExitCode.Usage, $"'{folder.Path}' is a run of {manifest.Algorithm}, not of {options.Algorithm}");
        }

        SortedDictionary<string, ChangedFlag> changes = ResultOptions.ChangesOf(AtSamePath(manifest, options), ResultOptions.Of(options), request.MayBranch);
        int done = manifest.Progress.Epoch - 1;
        int begun = manifest.Progress.NextBatch > 0 ? done + 1 : done;
        if (options.Epochs < begun)
        {
            throw new UserErrorException(ExitCode.Usage, $"--epochs {options.Epochs} is too few: the checkpoint is of epoch {begun}");
        }

        if (manifest.Progress is { IsStopped: true, StoppedBy: { } rule } && File.Exists(folder.SummaryPath))
        {
            throw new UserErrorException(
                ExitCode.Usage, $"the run in '{folder.Path}' was ended by {options.Stop.Describe(rule)} after {done} epochs; start a new run without it to train longer");
        }

        if (options.EarlyStopping is { } settings && manifest.Progress.Stopping is { } stopping && stopping.IsOver(settings) && File.Exists(folder.SummaryPath))
        {
            throw new UserErrorException(
                ExitCode.Usage, $"the run in '{folder.Path}' has stopped early after {done} epochs; start a new run with more --early_stopping to train longer");
        }

        if (options.Epochs == done && File.Exists(folder.SummaryPath))
        {
            string advice = options.Optimizer.Schedule.Kind == ScheduleKind.Cosine
                ? "its cosine ends there: start a new run to train longer"
                : $"train longer with --epochs {done + 1} or more";
            throw new UserErrorException(ExitCode.Usage, $"the run in '{folder.Path}' is complete after {done} epochs; {advice}");
        }

        if (changes.Count == 0)
        {
            return manifest.Branches;
        }

        var branch = new RunBranch(manifest.Progress.Steps, changes);
        log.Branched(branch.FromStep, branch.ToString());
        return [.. manifest.Branches ?? [], branch];
    }

    /// <summary>
    /// The checkpoint's flags, with the current path of the data set. Its fingerprint tells whether it is the same
    /// data, once it is read.
    /// </summary>
    private static IReadOnlyDictionary<string, string> AtSamePath(CheckpointManifest manifest, RunOptions options) =>
        manifest.TestData is not null && options.HasTestSet && ResultOptions.Of(options).TryGetValue(Dataset, out string? path)
            ? new Dictionary<string, string>(manifest.Options, StringComparer.Ordinal) { [Dataset] = path }
            : manifest.Options;

    /// <summary>Warns of differences from the earlier run that may affect rounding.</summary>
    /// <param name="manifest">The manifest of the checkpoint that the run resumes from.</param>
    /// <param name="given">The flags of the resumed run.</param>
    /// <param name="computation">The current computing environment.</param>
    /// <param name="log">Receives the warnings.</param>
    public static void WarnOfRounding(CheckpointManifest manifest, IReadOnlyDictionary<string, string> given, LibTorch computation, OrchestratorLog log)
    {
        foreach (string flag in RunFlags.Known.All.Where(f => f.Effect == FlagEffect.Rounding && f.Name != RunLines.Threads).Select(f => f.Name))
        {
            Compare(flag, manifest.Settings.GetValueOrDefault(flag) ?? "not given", given.GetValueOrDefault(flag) ?? "not given");
        }

        if (manifest.Computation is { } before)
        {
            Compare(RunLines.Threads, $"{before.Threads}", $"{computation.Threads}");
            Compare("libtorch", before.Version, computation.Version);
            Compare("the instruction set", before.InstructionSet, computation.InstructionSet);
            Compare("MKL's mode", before.MatrixProducts, computation.MatrixProducts);
        }

        if (manifest.Product != ProductInfo.Version)
        {
            log.ProductDiffers(manifest.Product, ProductInfo.Version);
        }

        void Compare(string what, string was, string now)
        {
            if (was != now)
            {
                log.RoundingMayDiffer(what, was, now);
            }
        }
    }
}
