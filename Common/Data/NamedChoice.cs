using System.Globalization;

namespace TraversalLearning.Data;

/// <summary>A choice that a flag makes by name, optionally with a number after a colon: <c>iid</c>, <c>dirichlet:0.1</c>.</summary>
public interface INamedChoice
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>The number after the name; <see langword="null"/> if the choice takes none.</summary>
    NumberParameter? Parameter { get; }
}

/// <summary>Spelling of named choices, the same for partitions, methods and topologies.</summary>
public static class NamedChoice
{
    /// <summary>The usage of one choice: <c>iid</c>, <c>shards:k</c>.</summary>
    public static string UsageOf(INamedChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return choice.Parameter is { } parameter ? $"{choice.Name}:{parameter.Symbol}" : choice.Name;
    }

    /// <summary>The usage of all choices.</summary>
    public static string UsageOf(IEnumerable<INamedChoice> choices) => string.Join('|', choices.Select(UsageOf));

    /// <summary>Parses command-line text.</summary>
    /// <param name="text">Such as <c>iid</c> or <c>dirichlet:0.1</c>.</param>
    /// <param name="choices">All choices.</param>
    /// <param name="usage">The accepted forms, for the message.</param>
    /// <returns>The choice, and its number if it takes one.</returns>
    /// <exception cref="FormatException">Not a valid choice; the message lists the accepted forms.</exception>
    public static (T Choice, double? Number) Parse<T>(string text, IReadOnlyList<T> choices, string usage)
        where T : INamedChoice
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = text.Split(':', 2);
        if (choices.FirstOrDefault(c => string.Equals(c.Name, words[0], StringComparison.Ordinal)) is not { } choice)
        {
            throw new FormatException($"one of {usage}");
        }

        if (choice.Parameter is not { } parameter)
        {
            return words.Length == 1 ? (choice, null) : throw new FormatException($"{choice.Name} without a number");
        }

        return words.Length == 2 && parameter.TryParse(words[1], out double value)
            ? (choice, value)
            : throw new FormatException(string.Create(
                CultureInfo.InvariantCulture, $"{UsageOf(choice)} with {parameter.Range}, such as {choice.Name}:{parameter.Example}"));
    }

    /// <summary>The text that <see cref="Parse"/> accepts.</summary>
    public static string ToText(string name, double? number) =>
        number is { } value ? string.Create(CultureInfo.InvariantCulture, $"{name}:{value}") : name;
}
