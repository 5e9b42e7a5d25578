using System.Globalization;

namespace TraversalLearning.Data;

/// <summary>One of the things that a flag chooses by name, some with a number behind a colon: <c>iid</c>, <c>dirichlet:0.1</c>.</summary>
public interface INamedChoice
{
    /// <summary>On the command line.</summary>
    string Name { get; }

    /// <summary>The number behind the name; <see langword="null"/> for one that takes none.</summary>
    NumberParameter? Parameter { get; }
}

/// <summary>How such choices are spelled, the same for partitions, methods and topologies.</summary>
public static class NamedChoice
{
    /// <summary>How to write one: <c>iid</c>, <c>shards:k</c>.</summary>
    public static string UsageOf(INamedChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return choice.Parameter is { } parameter ? $"{choice.Name}:{parameter.Symbol}" : choice.Name;
    }

    /// <summary>How to write any of them.</summary>
    public static string UsageOf(IEnumerable<INamedChoice> choices) => string.Join('|', choices.Select(UsageOf));

    /// <summary>Reads a text of the command line.</summary>
    /// <param name="text">Such as <c>iid</c> or <c>dirichlet:0.1</c>.</param>
    /// <param name="choices">All there are.</param>
    /// <param name="usage">What may be written, for the message.</param>
    /// <returns>The choice, and its number where it takes one.</returns>
    /// <exception cref="FormatException">It is none; the message is what would be one.</exception>
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

    /// <summary>What <see cref="Parse"/> reads as the same.</summary>
    public static string ToText(string name, double? number) =>
        number is { } value ? string.Create(CultureInfo.InvariantCulture, $"{name}:{value}") : name;
}
