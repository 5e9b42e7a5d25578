namespace TraversalLearning.Orchestration.Events;

/// <summary>The words and signs of a filter, one after the other.</summary>
internal sealed class FilterTokens
{
    /// <summary>The longest filter that is read.</summary>
    public const int MaxLength = 4096;

    /// <summary>How deep parentheses and denials may be in each other.</summary>
    public const int MaxDepth = 50;

    private readonly string _text;
    private int _position;

    /// <summary>The first one is there.</summary>
    /// <exception cref="FilterException">It is none, or there are too many.</exception>
    public FilterTokens(string text)
    {
        _text = text.Length <= MaxLength ? text : throw new FilterException(MaxLength + 1, $"it is longer than {MaxLength} characters");
        Current = Read();
    }

    /// <summary>The one that comes next.</summary>
    public FilterToken Current { get; private set; }

    /// <summary>Goes on.</summary>
    /// <exception cref="FilterException">What follows is none.</exception>
    public void Next() => Current = Read();

    /// <summary>Takes the current one, if it is of a kind.</summary>
    /// <param name="kind">Of which.</param>
    /// <param name="expected">What that is called.</param>
    /// <exception cref="FilterException">It is another one.</exception>
    public FilterToken Take(FilterTokenKind kind, string expected)
    {
        FilterToken token = Current.Kind == kind ? Current : throw Error(Current, expected);
        Next();
        return token;
    }

    /// <summary>Takes the current one, a word or a quoted text.</summary>
    /// <exception cref="FilterException">It is neither.</exception>
    public FilterToken TakeValue() => Take(Current.Kind == FilterTokenKind.Quoted ? FilterTokenKind.Quoted : FilterTokenKind.Word, "a value, such as 2 or 'two words'");

    /// <summary>Takes the current one, if it is this word.</summary>
    public bool TakeWord(string word)
    {
        bool isWord = Current.Kind == FilterTokenKind.Word && string.Equals(Current.Text, word, StringComparison.OrdinalIgnoreCase);
        if (isWord)
        {
            Next();
        }

        return isWord;
    }

    /// <summary>What is wrong where something else was expected.</summary>
    public static FilterException Error(FilterToken found, string expected) =>
        new(found.Column, found.Kind == FilterTokenKind.End ? $"{expected} is missing" : $"{expected} is expected, not '{found.Text}'");

    /// <summary>Refuses what would need a deeper stack than there may be.</summary>
    /// <exception cref="FilterException">It would.</exception>
    public static void RequireDepth(FilterToken at, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new FilterException(at.Column, $"parentheses and 'not' are more than {MaxDepth} deep");
        }
    }

    private FilterToken Read()
    {
        while (_position < _text.Length && char.IsWhiteSpace(_text[_position]))
        {
            _position++;
        }

        if (_position == _text.Length)
        {
            return new FilterToken(FilterTokenKind.End, string.Empty, _position + 1);
        }

        return _text[_position] switch
        {
            '(' => Cut(FilterTokenKind.Open, 1),
            ')' => Cut(FilterTokenKind.Close, 1),
            '\'' or '"' => Quoted(),
            '=' or '!' or '<' or '>' => Sign(),
            _ => Cut(FilterTokenKind.Word, WordLength()),
        };
    }

    private FilterToken Sign()
    {
        int length = _position + 1 < _text.Length && _text[_position + 1] == '=' ? 2 : 1;
        return _text[_position] != '!' || length == 2
            ? Cut(FilterTokenKind.Sign, length)
            : throw new FilterException(_position + 1, "'!' is followed by '=', or is 'not'");
    }

    private FilterToken Quoted()
    {
        int end = _text.IndexOf(_text[_position], _position + 1);
        if (end < 0)
        {
            throw new FilterException(_position + 1, $"the text that begins here has no {_text[_position]} at its end");
        }

        var token = new FilterToken(FilterTokenKind.Quoted, _text[(_position + 1)..end], _position + 1);
        _position = end + 1;
        return token;
    }

    private int WordLength()
    {
        int end = _position;
        while (end < _text.Length && !char.IsWhiteSpace(_text[end]) && !"()'\"=!<>".Contains(_text[end], StringComparison.Ordinal))
        {
            end++;
        }

        return end - _position;
    }

    private FilterToken Cut(FilterTokenKind kind, int length)
    {
        var token = new FilterToken(kind, _text.Substring(_position, length), _position + 1);
        _position += length;
        return token;
    }
}

/// <summary>What a piece of a filter is.</summary>
internal enum FilterTokenKind
{
    /// <summary>Behind the last one.</summary>
    End,

    /// <summary>A field, a value, or <c>and</c>, <c>or</c>, <c>not</c>.</summary>
    Word,

    /// <summary>A value in quotation marks.</summary>
    Quoted,

    /// <summary>A comparison.</summary>
    Sign,

    /// <summary>An opening parenthesis.</summary>
    Open,

    /// <summary>A closing parenthesis.</summary>
    Close,
}

/// <summary>A piece of a filter.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Without quotation marks.</param>
/// <param name="Column">Where it begins, from 1.</param>
internal readonly record struct FilterToken(FilterTokenKind Kind, string Text, int Column);

/// <summary>A text is no filter.</summary>
internal sealed class FilterException(int column, string message) : Exception(message)
{
    /// <summary>Where it is none any more, from 1.</summary>
    public int Column { get; } = column;
}
