using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>
/// The flags that decide a run's final bytes, each with its value as the command line takes it; of a model from a file, its digest. Exchange and cut are
/// among them: they give the same gradient, but not rounded the same. Threads and device round differently too, but belong to the machine, which may have
/// to be another one when a run resumes: they are warned of, not refused.
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

    /// <summary>The SHA-256 over all flags and values, and where a run changed some of them on its way.</summary>
    public static string Digest(IReadOnlyDictionary<string, string> options, IReadOnlyList<RunBranch>? branches = null)
    {
        IEnumerable<string> lines = options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Key}={o.Value}\n");
        IEnumerable<string> turns = (branches ?? []).SelectMany(
            b => b.Changed.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"from step {b.FromStep}: {c.Key}={c.Value.Was}→{c.Value.Is}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Concat(turns)))));
    }

    /// <summary>What a run that resumes changes of the one that was interrupted. Refuses what would make it another run.</summary>
    /// <param name="before">The checkpoint's flags.</param>
    /// <param name="now">Those of the run that resumes.</param>
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
            RunFlag? known = Deciding.GetValueOrDefault(flag);
            string? was = before.GetValueOrDefault(flag) ?? known?.Formerly;
            string? becomes = now.GetValueOrDefault(flag);
            if (string.Equals(was, becomes, StringComparison.Ordinal))
            {
                continue;
            }

            // A cosine ends with its epochs: they come and go with it.
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
