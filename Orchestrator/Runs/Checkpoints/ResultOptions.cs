using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>
/// The flags that determine a run's final bytes, with their values as on the command line (for a model from a file, its
/// digest). Exchange and cut are included: they give the same gradient, but rounded differently. Threads and device
/// also affect rounding, but belong to the machine, which may have to change on resume: a difference there logs a
/// warning and is not refused.
/// </summary>
internal static class ResultOptions
{
    private const string Schedule = "--schedule";

    private static readonly Dictionary<string, RunFlag> Deciding =
        RunFlags.Known.All.Where(f => f.Effect is FlagEffect.Result or FlagEffect.Branch).ToDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>The flags of a run.</summary>
    public static SortedDictionary<string, string> Of(RunOptions options)
    {
        var flags = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (RunFlag flag in Deciding.Values)
        {
            if (flag.IdentityOf(options) is { } value)
            {
                flags[flag.Name] = value;
            }
        }

        return flags;
    }

    /// <summary>SHA-256 over all flags and values, and over the points where the run changed some of them.</summary>
    public static string Digest(IReadOnlyDictionary<string, string> options, IReadOnlyList<RunBranch>? branches = null)
    {
        IEnumerable<string> lines = options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}\n");
        IEnumerable<string> turns = (branches ?? []).SelectMany(
            b => b.Changed.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"from step {b.FromStep}: {c.Key}={c.Value.Was}→{c.Value.Is}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Concat(turns)))));
    }

    /// <summary>The flags that a resumed run changes. Refuses changes that would make it a different run.</summary>
    /// <param name="before">The checkpoint's flags.</param>
    /// <param name="now">The flags of the resumed run.</param>
    /// <param name="mayBranch">Whether any flags may change on resume.</param>
    /// <returns>The changed flags, among those that may change: learning rate, its schedule, clipping.</returns>
    /// <exception cref="UserErrorException">Another flag has another value.</exception>
    public static SortedDictionary<string, ChangedFlag> ChangesOf(
        IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> now, bool mayBranch = true)
    {
        var changes = new SortedDictionary<string, ChangedFlag>(StringComparer.Ordinal);

        // Flags in both come first: the others depend on them.
        foreach (string flag in before.Keys.Union(now.Keys, StringComparer.Ordinal)
            .OrderBy(f => !(before.ContainsKey(f) && now.ContainsKey(f)))
            .ThenBy(f => f, StringComparer.Ordinal))
        {
            RunFlag? known = Deciding.GetValueOrDefault(flag);
            string? was = before.GetValueOrDefault(flag) ?? known?.Formerly;
            string? becomes = now.GetValueOrDefault(flag);
            if (string.Equals(was, becomes, StringComparison.Ordinal))
            {
                continue;
            }

            // A cosine schedule ends with its epochs, so both change together.
            changes[flag] = mayBranch && (known?.Effect == FlagEffect.Branch || (flag == "--epochs" && changes.ContainsKey(Schedule)))
                ? new ChangedFlag(was, becomes)
                : throw new UserErrorException(
                    ExitCode.Usage,
                    $"{flag} was {was ?? "not there"} when the checkpoint was written and is {becomes ?? "not there"} now, which would change the result;"
                    + $" leave {flag} out to go on as before, or start a new run without --resume");
        }

        return changes;
    }
}
