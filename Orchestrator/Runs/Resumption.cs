using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>From a folder to the checkpoint that training goes on from, and the flags that it goes on with.</summary>
internal static class Resumption
{
    private const string Threads = "--threads";
    private const string Model = "--model";
    private const string Schedule = "--schedule";
    private const string Dataset = "--dataset";

    /// <summary>The flags that a checkpoint keeps beside those that decide the result.</summary>
    /// <param name="given">The flags that were given.</param>
    /// <param name="resultOptions">Those that decide the result.</param>
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

    /// <summary>The newest checkpoint that is whole.</summary>
    /// <exception cref="UserErrorException">None is.</exception>
    public static Checkpoint Choose(ResumeTarget target, OrchestratorLog log) =>
        new CheckpointStore(target.RunFolder).FindNewest(target.LastStep, e => log.CheckpointDamaged(e.Message))
        ?? throw new UserErrorException(ExitCode.Data, $"no checkpoint in '{target.RunFolder}' can be used; start anew without --resume");

    /// <summary>The flags of a checkpoint that decide what a run that goes on from it ends with, and how it rounds.</summary>
    /// <param name="manifest">Of the checkpoint.</param>
    /// <param name="folder">Of the run.</param>
    /// <param name="given">The flags that are given now: another schedule does not take over what belonged to the one before.</param>
    public static IReadOnlyDictionary<string, string> DecidedBy(CheckpointManifest manifest, RunFolder folder, IReadOnlyDictionary<string, string> given)
    {
        // With the same number of threads the run rounds as before.
        var decided = new Dictionary<string, string>(manifest.Options, StringComparer.Ordinal);
        if (manifest.Settings.TryGetValue(Threads, out string? threads))
        {
            decided[Threads] = threads;
        }

        if (given.TryGetValue(Schedule, out string? schedule) && decided.TryGetValue(Schedule, out string? before) && schedule != before)
        {
            decided = decided.Where(d => !OptimizerFlags.OfSchedule.Contains(d.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);
        }

        // What the checkpoint says of a model from a file tells whether it is the same; the run's folder has it.
        if (decided.TryGetValue(Model, out string? model) && DescriptionFile.IsIdentity(model))
        {
            decided[Model] = folder.DescriptionPath;
        }

        return decided;
    }

    /// <summary>Holds a run against the checkpoint that it is to go on from.</summary>
    /// <returns>Where it was gone on with by other flags, this time among them; <see langword="null"/> if it never was.</returns>
    /// <exception cref="UserErrorException">It would be another run, or nothing is left to do.</exception>
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

    /// <summary>The checkpoint's flags, with the data set where it is now: whether it is the same its fingerprint tells, when it is read.</summary>
    private static IReadOnlyDictionary<string, string> AtSamePath(CheckpointManifest manifest, RunOptions options) =>
        manifest.TestData is not null && options.HasTestSet && ResultOptions.Of(options).TryGetValue(Dataset, out string? path)
            ? new Dictionary<string, string>(manifest.Options, StringComparer.Ordinal) { [Dataset] = path }
            : manifest.Options;

    /// <summary>Warns of what differs from the run before and may round differently.</summary>
    /// <param name="manifest">Of the checkpoint that training goes on from.</param>
    /// <param name="given">The flags of the run that goes on.</param>
    /// <param name="computation">What it computes with.</param>
    /// <param name="log">Told of it.</param>
    public static void WarnOfRounding(CheckpointManifest manifest, IReadOnlyDictionary<string, string> given, LibTorch computation, OrchestratorLog log)
    {
        foreach (string flag in RunFlags.Known.All.Where(f => f.Effect == FlagEffect.Rounding && f.Name != Threads).Select(f => f.Name))
        {
            Compare(flag, manifest.Settings.GetValueOrDefault(flag) ?? "not given", given.GetValueOrDefault(flag) ?? "not given");
        }

        if (manifest.Computation is { } before)
        {
            Compare(Threads, $"{before.Threads}", $"{computation.Threads}");
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
