using System.CommandLine;
using System.Globalization;

namespace TraversalLearning.Hosting;

/// <summary>
/// A flag of either program: spelled with underscores, with its hyphenated alias; a wrong value is one line that says what
/// would be right.
/// </summary>
/// <typeparam name="T">What its value is.</typeparam>
public sealed class Flag<T>
{
    private readonly T _defaultValue;
    private readonly Func<ParseResult, T> _read;

    internal Flag(Option option, T defaultValue, Func<ParseResult, T> read)
    {
        Option = option;
        _defaultValue = defaultValue;
        _read = read;
    }

    /// <summary>To be added to the commands that take the flag.</summary>
    public Option Option { get; }

    /// <summary>The value; its default where it was not given, or where the command does not take it.</summary>
    public T Get(ParseResult result) => result.GetResult(Option) is { Implicit: false } ? _read(result) : _defaultValue;
}

/// <summary>Makes flags.</summary>
public static class Flag
{
    private const string SeedValue = "a whole number that is not negative";

    /// <summary>Reads a value's text; <see langword="false"/> if it is none.</summary>
    private delegate bool Parser<T>(string text, out T value);

    /// <summary>A flag of text.</summary>
    public static Flag<string> Text(string name, string description, string defaultValue) =>
        Create(name, $"{description} [default: {defaultValue}]", defaultValue, "text", null, static (string text, out string value) => (value = text).Length > 0);

    /// <summary>A flag of text that may be absent.</summary>
    public static Flag<string?> OptionalText(string name, string description) =>
        Create<string?>(name, description, null, "text", null, static (string text, out string? value) => (value = text).Length > 0);

    /// <summary>A flag of text that must be given.</summary>
    public static Flag<string> RequiredText(string name, string description)
    {
        Flag<string> flag = Create(name, $"{description} (required)", string.Empty, "text", null, static (string text, out string value) => (value = text).Length > 0);
        flag.Option.Required = true;
        return flag;
    }

    /// <summary>A flag that is there or not.</summary>
    public static Flag<bool> Switch(string name, string description)
    {
        var option = new Option<bool>(name);
        return new Flag<bool>(Named(option, description), defaultValue: false, result => result.GetValue(option));
    }

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static Flag<int> Int(string name, string description, int defaultValue, int min, int max = int.MaxValue) =>
        WholeNumber(name, string.Create(CultureInfo.InvariantCulture, $"{description} [default: {defaultValue}]"), defaultValue, min, max);

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/> that must be given.</summary>
    public static Flag<int> RequiredInt(string name, string description, int min, int max = int.MaxValue)
    {
        Flag<int> flag = WholeNumber(name, $"{description} (required)", 0, min, max);
        flag.Option.Required = true;
        return flag;
    }

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/> that may be absent.</summary>
    public static Flag<int?> OptionalInt(string name, string description, int min, int max) => CreateOptional(
        name, description, Range("a whole number", min, max), "n", (string text, out int value) => TryWholeNumber(text, min, max, out value));

    /// <summary>A seed: any whole number that is not negative.</summary>
    public static Flag<ulong> Seed(string name, string description, ulong defaultValue) => Create(
        name, string.Create(CultureInfo.InvariantCulture, $"{description} [default: {defaultValue}]"), defaultValue, SeedValue, "n", TrySeed);

    /// <summary>A seed that may be absent.</summary>
    public static Flag<ulong?> OptionalSeed(string name, string description) => CreateOptional<ulong>(name, description, SeedValue, "n", TrySeed);

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static Flag<double> Number(string name, string description, double defaultValue, double min, double max = double.MaxValue) => Create(
        name,
        string.Create(CultureInfo.InvariantCulture, $"{description} [default: {defaultValue}]"),
        defaultValue,
        Range("a number", min, max),
        "x",
        (string text, out double value) => TryNumber(text, min, max, out value));

    /// <summary>A number that may be absent.</summary>
    public static Flag<double?> OptionalNumber(string name, string description, double min, double max = double.MaxValue) => CreateOptional(
        name, description, Range("a number", min, max), "x", (string text, out double value) => TryNumber(text, min, max, out value));

    /// <summary>Whole numbers from 1 on, each larger than the one before, with commas between; none if it is absent.</summary>
    public static Flag<int[]> Rising(string name, string description) => Create<int[]>(
        name,
        description,
        [],
        "whole numbers from 1 on that rise, such as 3,6",
        "n,n,…",
        static (string text, out int[] value) =>
        {
            string[] parts = text.Split(',');
            value = new int[parts.Length];
            for (int i = 0; i < parts.Length; i++)
            {
                if (!TryWholeNumber(parts[i], 1, int.MaxValue, out value[i]) || (i > 0 && value[i] <= value[i - 1]))
                {
                    return false;
                }
            }

            return true;
        });

    /// <summary>Numbers of at least <paramref name="min"/>, with commas between; none if it is absent.</summary>
    public static Flag<double[]> Numbers(string name, string description, double min) => Create<double[]>(
        name,
        description,
        [],
        string.Create(CultureInfo.InvariantCulture, $"numbers of at least {min} with commas between, such as 1,2,0.5"),
        "x,x,…",
        (string text, out double[] value) =>
        {
            string[] parts = text.Split(',');
            value = new double[parts.Length];
            for (int i = 0; i < parts.Length; i++)
            {
                if (!TryNumber(parts[i], min, double.MaxValue, out value[i]))
                {
                    return false;
                }
            }

            return true;
        });

    /// <summary>A duration in seconds, above zero, by default at most 30 days.</summary>
    public static Flag<TimeSpan> Seconds(string name, string description, double defaultValue, double max = 30 * 24 * 3600) => Create(
        name,
        string.Create(CultureInfo.InvariantCulture, $"{description} [default: {defaultValue}]"),
        TimeSpan.FromSeconds(defaultValue),
        Range("a number of seconds", 0.001, max),
        "seconds",
        (string text, out TimeSpan value) =>
        {
            bool ok = TryNumber(text, 0.001, max, out double seconds);
            value = TimeSpan.FromSeconds(seconds);
            return ok;
        });

    /// <summary>One of a few words; the first is the default.</summary>
    public static Flag<T> Choice<T>(string name, string description, params (string Word, T Value)[] choices)
    {
        string words = string.Join('|', choices.Select(c => c.Word));
        return Create(
            name,
            $"{description} [default: {choices[0].Word}]",
            choices[0].Value,
            $"one of {words}",
            words,
            (string text, out T value) =>
            {
                (string word, value) = Array.Find(choices, c => string.Equals(c.Word, text, StringComparison.Ordinal));
                return word is not null;
            });
    }

    /// <summary>A value that its type reads.</summary>
    /// <param name="name">The flag.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="defaultValue">What holds without it; its text stands in the help.</param>
    /// <param name="helpName">What stands for the value there.</param>
    /// <param name="parse">Reads a text. Throws <see cref="FormatException"/>, with what would be right as its message, where it cannot.</param>
    public static Flag<T> Parsed<T>(string name, string description, T defaultValue, string helpName, Func<string, T> parse)
    {
        var option = new Option<string?>(name) { HelpName = helpName };
        option.Validators.Add(result =>
        {
            try
            {
                _ = result.Tokens.Count == 1 ? parse(result.Tokens[0].Value) : defaultValue;
            }
            catch (FormatException e)
            {
                result.AddError($"{name} takes {e.Message}, not '{result.Tokens[0].Value}'");
            }
        });
        return new Flag<T>(Named(option, $"{description} [default: {defaultValue}]"), defaultValue, result => parse(result.GetValue(option) ?? string.Empty));
    }

    private static Flag<int> WholeNumber(string name, string description, int defaultValue, int min, int max) => Create(
        name,
        description,
        defaultValue,
        Range("a whole number", min, max == int.MaxValue ? double.MaxValue : max),
        "n",
        (string text, out int value) => TryWholeNumber(text, min, max, out value));

    private static Flag<T?> CreateOptional<T>(string name, string description, string expected, string helpName, Parser<T> parse)
        where T : struct => Create<T?>(
        name,
        description,
        null,
        expected,
        helpName,
        (string text, out T? value) =>
        {
            bool ok = parse(text, out T known);
            value = known;
            return ok;
        });

    private static Flag<T> Create<T>(string name, string description, T defaultValue, string expected, string? helpName, Parser<T> parse)
    {
        var option = new Option<string?>(name) { HelpName = helpName };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !parse(result.Tokens[0].Value, out _))
            {
                result.AddError($"{name} takes {expected}, not '{result.Tokens[0].Value}'");
            }
        });
        return new Flag<T>(
            Named(option, description),
            defaultValue,
            result => parse(result.GetValue(option) ?? string.Empty, out T value) ? value : defaultValue);
    }

    private static Option Named(Option option, string description)
    {
        option.Description = description;
        foreach (string alias in new[] { option.Name.Replace('_', '-'), "--" + option.Name[2..].Replace('-', '_') })
        {
            if (!string.Equals(alias, option.Name, StringComparison.Ordinal))
            {
                option.Aliases.Add(alias);
            }
        }

        return option;
    }

    private static string Range(string what, double min, double max) => max == double.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"{what} of at least {min}")
        : string.Create(CultureInfo.InvariantCulture, $"{what} from {min} to {max}");

    private static bool TrySeed(string text, out ulong value) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryWholeNumber(string text, int min, int max, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;

    private static bool TryNumber(string text, double min, double max, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;
}
