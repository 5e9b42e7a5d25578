using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace TraversalLearning.Hosting;

/// <summary>
/// A flag of either program: spelled with underscores, with its hyphenated alias; a wrong value is one line that says what
/// would be right.
/// </summary>
/// <typeparam name="T">What its value is.</typeparam>
public sealed class Flag<T>
{
    private readonly Func<ParseResult, T> _read;
    private readonly Func<T, string?> _format;

    internal Flag(Option option, T defaultValue, Func<ParseResult, T> read, Func<T, string?> format)
    {
        Option = option;
        Default = defaultValue;
        _read = read;
        _format = format;
    }

    /// <summary>To be added to the commands that take the flag.</summary>
    public Option Option { get; }

    /// <summary>Its value where it is not given.</summary>
    public T Default { get; }

    /// <summary>The value; its default where it was not given, or where the command does not take it.</summary>
    public T Get(ParseResult result) => result.GetResult(Option) is { Implicit: false } ? _read(result) : Default;

    /// <summary>A value as the command line takes it; <see langword="null"/> for that of a flag that is absent.</summary>
    public string? TextOf(T value) => value is null ? null : _format(value);
}

/// <summary>An option that says what the reference page says of it.</summary>
public interface IDocumentedOption
{
    /// <summary>What it is for, in Markdown, with links as pages of docs/reference write them; the help has the same without them.</summary>
    string Meaning { get; }

    /// <summary>Its default as text; <see langword="null"/> if it has none.</summary>
    string? DefaultText { get; }

    /// <summary>What holds without it, in words of Markdown, where it has no default value.</summary>
    string? Without { get; }
}

/// <summary>An option of a flag.</summary>
internal sealed class FlagOption<T> : Option<T>, IDocumentedOption
{
    public FlagOption(string name, string meaning, string? defaultText, string? without, string? helpName)
        : base(name)
    {
        (Meaning, DefaultText, Without) = (meaning, defaultText, without);
        HelpName = helpName;
        string plain = Plain(meaning);
        Description = $"{char.ToUpperInvariant(plain[0])}{plain[1..]}{((defaultText ?? without) is { } text ? $" [default: {Plain(text)}]" : string.Empty)}";
        foreach (string alias in new[] { name.Replace('_', '-'), "--" + name[2..].Replace('-', '_') })
        {
            if (!string.Equals(alias, name, StringComparison.Ordinal))
            {
                Aliases.Add(alias);
            }
        }
    }

    public string Meaning { get; }

    public string? DefaultText { get; }

    public string? Without { get; }

    private static string Plain(string markdown) => Link.Replace(LinkInBrackets.Replace(markdown, string.Empty), "${text}").Replace("`", string.Empty, StringComparison.Ordinal);

    private static Regex Link { get; } = new(@"\[(?<text>[^\]]*)\]\([^)]*\)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private static Regex LinkInBrackets { get; } = new(@" \(\[[^\]]*\]\([^)]*\)\)", RegexOptions.None, TimeSpan.FromSeconds(1));
}

/// <summary>Makes flags. What they mean is said once, in Markdown: <c>--help</c> has it as plain text, docs/reference/flags.md with its links.</summary>
public static class Flag
{
    private const string SeedValue = "a whole number that is not negative";

    /// <summary>Reads a value's text; <see langword="false"/> if it is invalid.</summary>
    private delegate bool Parser<T>(string text, out T value);

    /// <summary>A flag of text.</summary>
    public static Flag<string> Text(string name, string meaning, string defaultValue, string helpName = "TEXT") =>
        Create(name, meaning, defaultValue, "text", helpName, static (string text, out string value) => (value = text).Length > 0);

    /// <summary>A flag of text that may be absent.</summary>
    public static Flag<string?> OptionalText(string name, string meaning, string helpName = "FILE", string? without = null) =>
        Create<string?>(name, meaning, null, "text", helpName, static (string text, out string? value) => (value = text).Length > 0, without);

    /// <summary>A flag of text that must be given.</summary>
    public static Flag<string> RequiredText(string name, string meaning, string helpName)
    {
        Flag<string> flag = Create(
            name, $"{meaning} (required)", string.Empty, "text", helpName, static (string text, out string value) => (value = text).Length > 0, hasDefault: false);
        flag.Option.Required = true;
        return flag;
    }

    /// <summary>A flag that is there or not.</summary>
    public static Flag<bool> Switch(string name, string meaning)
    {
        var option = new FlagOption<bool>(name, meaning, null, null, null);
        return new Flag<bool>(option, defaultValue: false, result => result.GetValue(option), static value => value ? "true" : "false");
    }

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static Flag<int> Int(string name, string meaning, int defaultValue, int min, int max = int.MaxValue) =>
        WholeNumber(name, meaning, defaultValue, min, max);

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/> that must be given.</summary>
    public static Flag<int> RequiredInt(string name, string meaning, int min, int max = int.MaxValue)
    {
        Flag<int> flag = WholeNumber(name, $"{meaning} (required)", 0, min, max, hasDefault: false);
        flag.Option.Required = true;
        return flag;
    }

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/> that may be absent.</summary>
    public static Flag<int?> OptionalInt(string name, string meaning, int min, int max, string? without = null) => CreateOptional(
        name, meaning, Range("a whole number", min, max), "N", (string text, out int value) => TryWholeNumber(text, min, max, out value), without);

    /// <summary>A seed: any whole number that is not negative.</summary>
    public static Flag<ulong> Seed(string name, string meaning, ulong defaultValue) => Create(name, meaning, defaultValue, SeedValue, "N", TrySeed);

    /// <summary>A seed that may be absent.</summary>
    public static Flag<ulong?> OptionalSeed(string name, string meaning, string without) => CreateOptional<ulong>(name, meaning, SeedValue, "N", TrySeed, without);

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static Flag<double> Number(string name, string meaning, double defaultValue, double min, double max = double.MaxValue) => Create(
        name, meaning, defaultValue, Range("a number", min, max), "X", (string text, out double value) => TryNumber(text, min, max, out value));

    /// <summary>A number that may be absent.</summary>
    public static Flag<double?> OptionalNumber(string name, string meaning, double min, double max = double.MaxValue, string? without = null) => CreateOptional(
        name, meaning, Range("a number", min, max), "X", (string text, out double value) => TryNumber(text, min, max, out value), without);

    /// <summary>Whole numbers from <paramref name="min"/> on, each larger than the one before, with commas between.</summary>
    /// <param name="name">The flag.</param>
    /// <param name="meaning">What it is for.</param>
    /// <param name="min">The smallest.</param>
    /// <param name="defaultValue">What holds without it; <see langword="null"/> for none.</param>
    public static Flag<int[]> Rising(string name, string meaning, int min = 1, int[]? defaultValue = null) => Create<int[]>(
        name,
        meaning,
        defaultValue ?? [],
        string.Create(CultureInfo.InvariantCulture, $"whole numbers from {min} on that rise, such as 3,6"),
        "N,N,…",
        (string text, out int[] value) =>
        {
            string[] parts = text.Split(',');
            value = new int[parts.Length];
            for (int i = 0; i < parts.Length; i++)
            {
                if (!TryWholeNumber(parts[i], min, int.MaxValue, out value[i]) || (i > 0 && value[i] <= value[i - 1]))
                {
                    return false;
                }
            }

            return true;
        },
        hasDefault: defaultValue is not null,
        format: static values => string.Join(',', values.Select(v => v.ToString(CultureInfo.InvariantCulture))));

    /// <summary>Numbers of at least <paramref name="min"/>, with commas between; none if it is absent.</summary>
    public static Flag<double[]> Numbers(string name, string meaning, double min) => Create<double[]>(
        name,
        meaning,
        [],
        string.Create(CultureInfo.InvariantCulture, $"numbers of at least {min} with commas between, such as 1,2,0.5"),
        "X,X,…",
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
        },
        hasDefault: false,
        format: static values => string.Join(',', values.Select(v => v.ToString(CultureInfo.InvariantCulture))));

    /// <summary>A duration in seconds, above zero, by default at most 30 days.</summary>
    public static Flag<TimeSpan> Seconds(string name, string meaning, TimeSpan defaultValue, double max = 30 * 24 * 3600) => Create(
        name,
        meaning,
        defaultValue,
        Range("a number of seconds", 0.001, max),
        "SECONDS",
        (string text, out TimeSpan value) =>
        {
            bool ok = TryNumber(text, 0.001, max, out double seconds);
            value = TimeSpan.FromSeconds(seconds);
            return ok;
        },
        format: static value => value.TotalSeconds.ToString(CultureInfo.InvariantCulture));

    /// <summary>One of a few words; the first is the default.</summary>
    public static Flag<T> Choice<T>(string name, string meaning, params (string Word, T Value)[] choices)
    {
        string words = string.Join('|', choices.Select(c => c.Word));
        return Create(
            name,
            meaning,
            choices[0].Value,
            $"one of {words}",
            words,
            (string text, out T value) =>
            {
                (string word, value) = Array.Find(choices, c => string.Equals(c.Word, text, StringComparison.Ordinal));
                return word is not null;
            },
            format: value => Array.Find(choices, c => EqualityComparer<T>.Default.Equals(c.Value, value)).Word);
    }

    /// <summary>A value that its type reads.</summary>
    /// <param name="name">The flag.</param>
    /// <param name="meaning">What it is for.</param>
    /// <param name="defaultValue">What holds without it; its text stands in the help.</param>
    /// <param name="helpName">What stands for the value there.</param>
    /// <param name="parse">Reads a text. Throws <see cref="FormatException"/>, with what would be right as its message, where it cannot.</param>
    public static Flag<T> Parsed<T>(string name, string meaning, T defaultValue, string helpName, Func<string, T> parse)
    {
        var option = new FlagOption<string?>(name, meaning, defaultValue?.ToString() is { Length: > 0 } text ? text : null, null, helpName);
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
        return new Flag<T>(option, defaultValue, result => parse(result.GetValue(option) ?? string.Empty), static value => value?.ToString());
    }

    private static Flag<int> WholeNumber(string name, string meaning, int defaultValue, int min, int max, bool hasDefault = true) => Create(
        name,
        meaning,
        defaultValue,
        Range("a whole number", min, max == int.MaxValue ? double.MaxValue : max),
        "N",
        (string text, out int value) => TryWholeNumber(text, min, max, out value),
        hasDefault: hasDefault);

    private static Flag<T?> CreateOptional<T>(string name, string meaning, string expected, string helpName, Parser<T> parse, string? without)
        where T : struct => Create<T?>(
        name,
        meaning,
        null,
        expected,
        helpName,
        (string text, out T? value) =>
        {
            bool ok = parse(text, out T known);
            value = known;
            return ok;
        },
        without);

    private static Flag<T> Create<T>(
        string name,
        string meaning,
        T defaultValue,
        string expected,
        string? helpName,
        Parser<T> parse,
        string? without = null,
        bool hasDefault = true,
        Func<T, string?>? format = null)
    {
        format ??= static value => value is IFormattable number ? number.ToString(null, CultureInfo.InvariantCulture) : value?.ToString();
        var option = new FlagOption<string?>(name, meaning, hasDefault && defaultValue is not null ? format(defaultValue) : null, without, helpName);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !parse(result.Tokens[0].Value, out _))
            {
                result.AddError($"{name} takes {expected}, not '{result.Tokens[0].Value}'");
            }
        });
        return new Flag<T>(option, defaultValue, result => parse(result.GetValue(option) ?? string.Empty, out T value) ? value : defaultValue, format);
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
