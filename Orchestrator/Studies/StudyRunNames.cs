using System.Globalization;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Names a study's runs after their distinguishing settings: short, valid as folder names, unique.</summary>
internal sealed class StudyRunNames
{
    private const int MaxLength = 80;
    private const string Seed = "seed";

    private readonly HashSet<string> _given = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Creates a unique name: <c>fedavg-dirichlet-0.1-lr-0.01-seed-2</c>.</summary>
    /// <param name="settings">Flags without hyphens, with values; empty ones are left out.</param>
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

    /// <summary>Reduces a text to letters, digits, dots and single hyphens.</summary>
    public static string Plain(string text) =>
        string.Join('-', ShellWords.ToFileName(text).Replace('_', '-').Split('-', StringSplitOptions.RemoveEmptyEntries)).Trim('.', '-');

    /// <summary>A word is self-explanatory as a value; a number needs its key.</summary>
    private static string PartOf(string key, string value) => value switch
    {
        "true" => key,
        "false" => $"no-{key}",
        _ when char.IsAsciiLetter(value[0]) && value is not ("on" or "off" or "none") => value,
        _ => $"{key}-{value}",
    };
}
