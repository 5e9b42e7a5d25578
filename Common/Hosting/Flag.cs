using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace TraversalLearning.Hosting;

/// <summary>
/// Flags of both programs: spelled with underscores, each with its hyphenated alias; a value out of range is one line that says
/// what would be right.
/// </summary>
public static class Flag
{
    /// <summary>A flag of text.</summary>
    public static Option<string> Text(string name, string description, string defaultValue) =>
        Named(new Option<string>(name) { DefaultValueFactory = _ => defaultValue }, description);

    /// <summary>A flag of text that may be absent.</summary>
    public static Option<string?> OptionalText(string name, string description) => Named(new Option<string?>(name), description);

    /// <summary>A flag that is there or not.</summary>
    public static Option<bool> Switch(string name, string description) => Named(new Option<bool>(name), description);

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static Option<int> Int(string name, string description, int defaultValue, int min, int max = int.MaxValue) => Named(
        new Option<int>(name)
        {
            DefaultValueFactory = _ => defaultValue,
            CustomParser = r => int.TryParse(Token(r), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
                ? value
                : Fail<int>(r, name, max == int.MaxValue ? $"a whole number of at least {min}" : $"a whole number from {min} to {max}"),
        },
        description);

    /// <summary>A seed: any whole number that is not negative.</summary>
    public static Option<ulong> Seed(string name, string description, ulong defaultValue) => Named(
        new Option<ulong>(name)
        {
            DefaultValueFactory = _ => defaultValue,
            CustomParser = r => ulong.TryParse(Token(r), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
                ? value
                : Fail<ulong>(r, name, "a whole number that is not negative"),
        },
        description);

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static Option<double> Number(string name, string description, double defaultValue, double min, double max = double.MaxValue) => Named(
        new Option<double>(name) { DefaultValueFactory = _ => defaultValue, CustomParser = r => ParseNumber(r, name, min, max) ?? defaultValue },
        description);

    /// <summary>A number that may be absent.</summary>
    public static Option<double?> OptionalNumber(string name, string description, double min, double max = double.MaxValue) =>
        Named(new Option<double?>(name) { CustomParser = r => ParseNumber(r, name, min, max) }, description);

    /// <summary>A duration in seconds, above zero.</summary>
    public static Option<TimeSpan> Seconds(string name, string description, double defaultValue) => Named(
        new Option<TimeSpan>(name)
        {
            HelpName = "seconds",
            DefaultValueFactory = _ => TimeSpan.FromSeconds(defaultValue),
            CustomParser = r => TimeSpan.FromSeconds(ParseNumber(r, name, 0.001, 30 * 24 * 3600.0) ?? defaultValue),
        },
        $"{description} [default: {defaultValue.ToString(CultureInfo.InvariantCulture)}]");

    /// <summary>One of a few words.</summary>
    public static Option<T> Choice<T>(string name, string description, params (string Word, T Value)[] choices)
    {
        string words = string.Join('|', choices.Select(c => c.Word));
        var option = new Option<T>(name)
        {
            HelpName = words,
            DefaultValueFactory = _ => choices[0].Value,
            CustomParser = r =>
            {
                (string word, T value) = Array.Find(choices, c => string.Equals(c.Word, Token(r), StringComparison.Ordinal));
                return word is null ? Fail<T>(r, name, $"one of {words}") : value;
            },
        };
        return Named(option, $"{description} [default: {choices[0].Word}]");
    }

    private static TOption Named<TOption>(TOption option, string description)
        where TOption : Option
    {
        option.Description = description;
        string hyphenated = option.Name.Replace('_', '-');
        string underscored = "--" + option.Name[2..].Replace('-', '_');
        foreach (string alias in new[] { hyphenated, underscored })
        {
            if (!string.Equals(alias, option.Name, StringComparison.Ordinal))
            {
                option.Aliases.Add(alias);
            }
        }

        return option;
    }

    private static string Token(ArgumentResult result) => result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Empty;

    private static double? ParseNumber(ArgumentResult result, string name, double min, double max) =>
        double.TryParse(Token(result), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= min && value <= max
            ? value
            : Fail<double?>(result, name, max == double.MaxValue ? $"a number of at least {min}" : $"a number from {min} to {max}");

    private static T Fail<T>(ArgumentResult result, string name, string expected)
    {
        result.AddError($"{name} takes {expected}, not '{Token(result)}'");
        return default!;
    }
}
