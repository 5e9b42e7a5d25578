using System.Globalization;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Names of a study's runs: what sets them apart, short, fit for folders, each another one.</summary>
internal sealed class StudyRunNames
{
    private const int MaxLength = 80;
    private const string Seed = "seed";

    private readonly HashSet<string> _given = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A name that no other run has: <c>fedavg-dirichlet-0.1-lr-0.01-seed-2</c>.</summary>
    /// <param name="settings">Flags without their hyphens and values; empty ones are left out.</param>
    /// <param name="seed">The run's seed.</param>
    public string Of(IReadOnlyDictionary<string, string> settings, ulong seed)
    {
        IEnumerable<string> parts = settings.Where(s => s.Value.Length > 0 && s.Key != Seed).Select(s => PartOf(s.Key, s.Value));
        string suffix = string.Create(CultureInfo.InvariantCulture, $"seed-{seed}");
        string settled = Plain(string.Join('-', parts));
        settled = settled[..Math.Min(MaxLength, settled.Length)].TrimEnd('-', '.');
        string name = settled.Length > 0 ? $"{settled}-{suffix}" : suffix;
        string unique = name;
        for (int i = 2; !_given.Add(unique); i++)
        {
            unique = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");
        }

        return unique;
    }

    /// <summary>A text as a name of the same kind: letters, digits, points and single hyphens.</summary>
    public static string Plain(string text) =>
        string.Join('-', ShellWords.ToFileName(text).Replace('_', '-').Split('-', StringSplitOptions.RemoveEmptyEntries)).Trim('.', '-');

    /// <summary>A value that is a word says what it is; a number does not.</summary>
    private static string PartOf(string key, string value) => value switch
    {
        "true" => key,
        "false" => $"no-{key}",
        _ when char.IsAsciiLetter(value[0]) && value is not ("on" or "off" or "none") => value,
        _ => $"{key}-{value}",
    };
}
