using System.Globalization;
using System.Text.Json;

namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// A condition on events as JSON objects, such as <c>type=node_lost or loss&gt;2</c>: comparisons of fields with values, joined by <c>and</c>, <c>or</c>,
/// <c>not</c> and parentheses (docs/guide/watching.md). A comparison with a field that an event does not have, or that is null, does not hold.
/// </summary>
internal sealed class EventFilter
{
    private readonly string _text;
    private readonly Condition _condition;

    private EventFilter(string text, Condition condition) => (_text, _condition) = (text, condition);

    /// <summary>One that holds for every event.</summary>
    public static EventFilter All { get; } = new("none", static _ => true);

    /// <summary>Whether an event is a match.</summary>
    private delegate bool Condition(JsonElement runEvent);

    /// <summary>Reads a filter.</summary>
    /// <exception cref="FormatException">It is none; the message is what would be one, and says where it ends to be.</exception>
    public static EventFilter Parse(string text)
    {
        try
        {
            var tokens = new FilterTokens(text);
            Condition condition = Or(tokens, depth: 0);
            return tokens.Current.Kind == FilterTokenKind.End
                ? new EventFilter(text, condition)
                : throw FilterTokens.Error(tokens.Current, "'and' or 'or'");
        }
        catch (FilterException e)
        {
            throw new FormatException($"a condition such as type=node_lost or loss>2 (column {e.Column}: {e.Message})", e);
        }
    }

    /// <summary>Whether it holds for an event.</summary>
    public bool Holds(JsonElement runEvent) => runEvent.ValueKind == JsonValueKind.Object && _condition(runEvent);

    /// <inheritdoc/>
    public override string ToString() => _text;

    private static Condition Or(FilterTokens tokens, int depth)
    {
        Condition left = And(tokens, depth);
        while (tokens.TakeWord("or"))
        {
            (Condition first, Condition second) = (left, And(tokens, depth));
            left = e => first(e) || second(e);
        }

        return left;
    }

    private static Condition And(FilterTokens tokens, int depth)
    {
        Condition left = Not(tokens, depth);
        while (tokens.TakeWord("and"))
        {
            (Condition first, Condition second) = (left, Not(tokens, depth));
            left = e => first(e) && second(e);
        }

        return left;
    }

    private static Condition Not(FilterTokens tokens, int depth)
    {
        FilterTokens.RequireDepth(tokens.Current, depth);
        if (tokens.TakeWord("not"))
        {
            Condition denied = Not(tokens, depth + 1);
            return e => !denied(e);
        }

        if (tokens.Current.Kind != FilterTokenKind.Open)
        {
            return Comparison(tokens);
        }

        tokens.Next();
        Condition inner = Or(tokens, depth + 1);
        tokens.Take(FilterTokenKind.Close, "')'");
        return inner;
    }

    private static Condition Comparison(FilterTokens tokens)
    {
        FilterToken field = tokens.Take(FilterTokenKind.Word, "a field, such as type or loss");
        FilterToken sign = tokens.Take(FilterTokenKind.Sign, "one of = != < <= > >=");
        FilterToken value = tokens.TakeValue();
        Func<int, bool> holds = sign.Text switch
        {
            "=" or "==" => static order => order == 0,
            "!=" => static order => order != 0,
            "<" => static order => order < 0,
            "<=" => static order => order <= 0,
            ">" => static order => order > 0,
            _ => static order => order >= 0,
        };
        string[] names = NamesOf(field.Text);
        double? number = double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) ? parsed : null;
        return e => Array.Exists(names, name => e.TryGetProperty(name, out JsonElement found) && Holds(found, value.Text, number, holds));
    }

    /// <summary>The fields that a name stands for: short names stand for several, of which any one decides.</summary>
    private static string[] NamesOf(string name) => name switch
    {
        "type" => ["event"],
        "loss" => ["loss", "train_loss", "test_loss"],
        "accuracy" => ["accuracy", "test_accuracy"],
        _ => [name],
    };

    private static bool Holds(JsonElement found, string text, double? number, Func<int, bool> holds) => found.ValueKind switch
    {
        JsonValueKind.Number => number is { } value && !double.IsNaN(value) && holds(found.GetDouble().CompareTo(value)),
        JsonValueKind.String => holds(string.Compare(found.GetString(), text, StringComparison.OrdinalIgnoreCase)),
        JsonValueKind.True or JsonValueKind.False => holds(string.Compare(found.ValueKind.ToString(), text, StringComparison.OrdinalIgnoreCase)),
        JsonValueKind.Array => found.EnumerateArray().Any(element => element.ValueKind != JsonValueKind.Array && Holds(element, text, number, holds)),
        _ => false,
    };
}
