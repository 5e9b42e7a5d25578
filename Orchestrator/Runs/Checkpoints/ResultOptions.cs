using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>
/// The flags that decide a run's final bytes, each with its value as the command line takes it; of a model from a file, its digest. Exchange and cut are among them: they give
/// the same gradient, but not rounded the same. Threads and device round differently too, but belong to the machine, which may have to be
/// another one when a run goes on: they are warned of, not refused. Learning rate, schedule and clipping may be changed on the way, as a new branch of the run.
/// </summary>
internal static class ResultOptions
{
    /// <summary>Flags that belong to some schedules: with another one they are its defaults, not as they were.</summary>
    public static IReadOnlyList<string> OfSchedule { get; } = ["--gamma", "--step_size", "--milestones"];

    private const string Schedule = "--schedule";

    // What helps a run on that has diverged, or learns no more.
    private static readonly string[] Changeable = ["--lr", Schedule, .. OfSchedule, "--warmup_epochs", "--clip_grad_norm"];

    // What a checkpoint means that does not name a flag, because the version that wrote it did not have it.
    private static readonly Dictionary<string, string> OfEarlierVersions = new(StringComparer.Ordinal)
    {
        ["--schedule"] = "step",
        ["--step_size"] = "1",
        ["--warmup_epochs"] = "0",
        ["--clip_grad_norm"] = "0",
        ["--loss"] = LossFunction.Default.Name,
    };

    /// <summary>The flags of a run.</summary>
    public static SortedDictionary<string, string> Of(RunOptions options)
    {
        ScheduleSettings schedule = options.Optimizer.Schedule;
        SortedDictionary<string, string> flags = OfEveryRun(options, schedule);
        if (schedule.Kind == ScheduleKind.MultiStep)
        {
            flags["--milestones"] = string.Join(',', schedule.Milestones.Select(m => Text(m)));
        }

        if (options.Start is { } start)
        {
            flags[StartingWeights.Flag] = start.Identity;
            if (start.Partial)
            {
                flags[StartingWeights.PartialFlag] = "true";
            }
        }

        if (options.LastBatch == LastBatch.Drop)
        {
            flags["--last_batch"] = "drop";
        }

        if (!options.Augmentation.IsNone)
        {
            flags["--augment"] = options.Augmentation.ToString();
        }

        if (options.ValidationFraction > 0)
        {
            flags["--validation_fraction"] = Text(options.ValidationFraction);
        }

        if (options.EarlyStopping is { } stopping)
        {
            flags["--early_stopping"] = Text(stopping.Patience);
            flags["--min_delta"] = Text(stopping.MinDelta);
            flags["--restore_best"] = stopping.RestoreBest ? "on" : "off";
        }

        foreach ((string flag, string value) in options.Loss.Flags().Concat(options.Stop.Flags()))
        {
            flags[flag] = value;
        }

        if (options.Algorithm != Algorithm.Traversal && options.Algorithm != Algorithm.Centralized)
        {
            flags["--algorithm"] = options.Algorithm.ToString();
        }

        if (options.Availability is { } availability)
        {
            flags[Availability.Flag] = availability.ToString();
        }

        if (options.Federation is { } federation)
        {
            AddFederation(flags, federation, options);
        }

        // The others can be trained longer; this one ends with the run that it was made for.
        if (schedule.Kind == ScheduleKind.Cosine)
        {
            flags["--epochs"] = Text(schedule.Epochs);
        }

        return flags;
    }

    /// <summary>The SHA-256 over all flags and values, and where a run changed some of them on its way.</summary>
    public static string Digest(IReadOnlyDictionary<string, string> options, IReadOnlyList<RunBranch>? branches = null)
    {
        IEnumerable<string> lines = options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}\n");
        IEnumerable<string> turns = (branches ?? []).SelectMany(
            b => b.Changed.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"from step {b.FromStep}: {c.Key}={c.Value.Was}→{c.Value.Is}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Concat(turns)))));
    }

    /// <summary>What a run that goes on changes of the one that was interrupted. Refuses what would make it another run.</summary>
    /// <param name="before">The checkpoint's flags.</param>
    /// <param name="now">Those of the run that goes on.</param>
    /// <param name="mayBranch">Whether any may be changed on the way.</param>
    /// <returns>The flags that may be changed on the way and are: learning rate, its schedule, clipping.</returns>
    /// <exception cref="UserErrorException">Another flag has another value.</exception>
    public static SortedDictionary<string, ChangedFlag> ChangesOf(
        IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> now, bool mayBranch = true)
    {
        var changes = new SortedDictionary<string, ChangedFlag>(StringComparer.Ordinal);

        // Those that both have first: the others are there because of them.
        foreach (string flag in before.Keys.Union(now.Keys, StringComparer.Ordinal)
            .OrderBy(f => !(before.ContainsKey(f) && now.ContainsKey(f)))
            .ThenBy(f => f, StringComparer.Ordinal))
        {
            string? was = before.GetValueOrDefault(flag) ?? OfEarlierVersions.GetValueOrDefault(flag);
            string? becomes = now.GetValueOrDefault(flag);
            if (string.Equals(was, becomes, StringComparison.Ordinal))
            {
                continue;
            }

            // A cosine ends with its epochs: they come and go with it.
            changes[flag] = mayBranch && (Changeable.Contains(flag, StringComparer.Ordinal) || (flag == "--epochs" && changes.ContainsKey(Schedule)))
                ? new ChangedFlag(was, becomes)
                : throw new UserErrorException(
                    ExitCode.Usage,
                    $"{flag} was {was ?? "not there"} when the checkpoint was written and is {becomes ?? "not there"} now, which would change the result;"
                    + $" leave {flag} out to go on as before, or start a new run without --resume");
        }

        return changes;
    }

    private static SortedDictionary<string, string> OfEveryRun(RunOptions options, ScheduleSettings schedule) => new(StringComparer.Ordinal)
    {
        ["--num_nodes"] = Text(options.NumNodes),
        ["--batch_size"] = Text(options.BatchSize),
        ["--seed"] = Text(options.Seed),
        ["--model"] = options.ModelFromFile ? DescriptionFile.IdentityOf(options.Model) : options.Model.Name,
        ["--activation"] = options.Model.Layers.Any(l => l is ReluLayer) ? "relu" : "none",
        ["--cut"] = options.Model.Layers[options.Cut - 1].Name,
        ["--dtype"] = options.ElementType == ElementType.Float64 ? "float64" : "float32",
        ["--optimizer"] = options.Optimizer.Kind.ToString().ToLowerInvariant(),
        ["--lr"] = Text(options.Optimizer.EffectiveLearningRate),
        ["--schedule"] = schedule.Kind.ToString().ToLowerInvariant(),
        ["--gamma"] = Text(schedule.Gamma),
        ["--step_size"] = Text(schedule.StepSize),
        ["--warmup_epochs"] = Text(schedule.WarmupEpochs),
        ["--loss"] = options.Loss.Name,
        ["--momentum"] = Text(options.Optimizer.Momentum),
        ["--nesterov"] = options.Optimizer.Nesterov ? "true" : "false",
        ["--weight_decay"] = Text(options.Optimizer.WeightDecay),
        ["--clip_grad_norm"] = Text(options.Optimizer.ClipGradNorm),
        ["--dataset"] = Directory.Exists(options.Dataset) ? Path.GetFullPath(options.Dataset) : options.Dataset,
        ["--partition"] = options.Partition.ToString(),
        ["--partition_seed"] = Text(options.PartitionSeed),
        ["--exchange"] = options.Exchange.ToWord(),
        ["--micro_batch_rows"] = Text(options.MicroBatchRows),
    };

    /// <summary>Of lists of nodes what they say, in a spelling that the flag takes, and not the file that it stood in.</summary>
    private static void AddFederation(SortedDictionary<string, string> flags, Federation federation, RunOptions options)
    {
        flags["--local_epochs"] = Text(federation.LocalEpochs);
        if (federation.Groups is { } groups)
        {
            flags[NodeGroups.Flag] = groups.ToString();
        }

        if (options.IsDecentralized)
        {
            flags[Topology.Flag] = federation.Topology.ToString();
            flags["--topology_seed"] = Text(federation.TopologySeed ?? options.Seed);
            return;
        }

        flags["--client_fraction"] = Text(federation.ClientFraction);
        flags["--select"] = federation.Select;
        if (federation.Aggregator is { } aggregator)
        {
            flags["--aggregator"] = aggregator;
        }
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
