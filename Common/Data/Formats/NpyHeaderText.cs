using System.Globalization;

namespace TraversalLearning.Data.Formats;

/// <summary>
/// The text in the header of a <c>.npy</c> file: a Python dictionary such as
/// <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (60000, 784), }</c>, then spaces and a newline. Only these three keys
/// are accepted, in any order. The text is parsed, never evaluated.
/// </summary>
internal ref struct NpyHeaderText(string path, string text, NpyContent holds)
{
    // The dimensions of a sample on the wire, and the samples.
    private const int MaxRank = 9;
    private const string Supported = "|u1, <f4, <f8, <i4 and <i8";

    private int _at;

    /// <summary>Parses the whole text.</summary>
    /// <exception cref="DataException">The text is invalid, or describes an unsupported array.</exception>
    public (SampleElement Element, long[] Shape) Parse()
    {
        SampleElement? element = null;
        bool? fortranOrder = null;
        long[]? shape = null;
        Expect('{');
        do
        {
            if (Peek() == '}')
            {
                break;
            }

            string key = ReadString();
            Expect(':');
            switch (key)
            {
                case "descr" when element is null:
                    element = ReadElement();
                    break;
                case "fortran_order" when fortranOrder is null:
                    fortranOrder = ReadBoolean();
                    break;
                case "shape" when shape is null:
                    shape = ReadTuple();
                    break;
                default:
                    throw Malformed($"the key '{key}' is unknown or there twice");
            }
        }
        while (Take(','));
        Expect('}');
        if (!text.EndsWith('\n') || text.AsSpan(_at..^1).ContainsAnyExcept(' '))
        {
            throw Malformed("the dictionary is not followed by spaces and one newline");
        }

        if (element is null || fortranOrder is null || shape is null)
        {
            throw Malformed("of the keys descr, fortran_order and shape one is missing");
        }

        return fortranOrder.Value
            ? throw new DataException(path, "is in Fortran order; save it as numpy.ascontiguousarray(…)")
            : (element.Value, shape);
    }

    /// <summary>Skips spaces and returns the next character without consuming it; zero at the end.</summary>
    private char Peek()
    {
        while (_at < text.Length && text[_at] == ' ')
        {
            _at++;
        }

        return _at < text.Length ? text[_at] : '\0';
    }

    private bool Take(char expected)
    {
        bool there = Peek() == expected;
        _at += there ? 1 : 0;
        return there;
    }

    private void Expect(char expected)
    {
        if (!Take(expected))
        {
            throw Malformed($"there is no '{expected}' at character {_at}");
        }
    }

    private string ReadString()
    {
        char quote = Peek();
        int end = quote is '\'' or '"' ? text.IndexOf(quote, _at + 1) : -1;
        string value = end < 0 ? string.Empty : text[(_at + 1)..end];
        if (end < 0 || value.AsSpan().ContainsAnyExceptInRange(' ', '~') || value.Contains('\\', StringComparison.Ordinal))
        {
            throw Malformed($"there is no plain string at character {_at}");
        }

        _at = end + 1;
        return value;
    }

    private SampleElement ReadElement()
    {
        if (Peek() == '[')
        {
            throw new DataException(path, $"its elements are records of several fields; {Supported} are supported: save each field by itself");
        }

        string name = ReadString();
        return name switch
        {
            "|u1" => SampleElement.UInt8,
            "<f4" => SampleElement.Float32,
            "<f8" => SampleElement.Float64,
            "<i4" => SampleElement.Int32,
            "<i8" => SampleElement.Int64,
            ['>', .. "f4" or "f8" or "i4" or "i8"] => throw new DataException(path, $"its elements are big-endian ('{name}'); save it as {Variable}.astype('<{name[1..]}')"),
            _ => throw new DataException(path, $"its elements are {(name == "|O" ? "Python objects, which are never read" : $"'{name}'")}; {Supported} are supported: {Advice(name)}"),
        };
    }

    private readonly string Variable => holds == NpyContent.Labels ? "y" : "x";

    /// <summary>What to save instead. Parties must not number names on their own: one party's 0 would be another's 1.</summary>
    private readonly string Advice(string name) => (holds, name.TrimStart('<', '>', '|', '=')) switch
    {
        (NpyContent.Labels, ['U' or 'S' or 'O', ..]) =>
            "number the classes alike at all parties, y = np.array([classes.index(name) for name in y], '<i4') with one list of classes, or bring a table, which has names (docs/reference/data.md)",
        (NpyContent.Labels, ['f' or 'c', ..]) => "save numbers that are to be predicted as y.astype('<f4'), classes as y.astype('<i4')",
        (NpyContent.Labels, _) => "save classes as y.astype('<i4')",
        (_, ['U' or 'S' or 'O', ..]) => "save numbers as x.astype('<f4'), or bring a table, which has names (docs/reference/data.md)",
        (_, ['i' or 'u', ..]) => "save pixels from 0 to 255 as x.astype('|u1'), tokens as x.astype('<i4'), other numbers as x.astype('<f4')",
        _ => "save it as x.astype('<f4')",
    };

    private bool ReadBoolean()
    {
        bool value = Peek() == 'T';
        string word = value ? "True" : "False";
        if (!text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal))
        {
            throw Malformed($"there is neither True nor False at character {_at}");
        }

        _at += word.Length;
        return value;
    }

    private long[] ReadTuple()
    {
        var values = new List<long>();
        Expect('(');
        do
        {
            if (Peek() == ')')
            {
                break;
            }

            values.Add(ReadInteger());
        }
        while (Take(','));
        Expect(')');
        return values.Count <= MaxRank ? [.. values] : throw new DataException(path, $"has {values.Count} dimensions; up to {MaxRank} are supported");
    }

    private long ReadInteger()
    {
        Peek();
        int digits = text.AsSpan(_at).IndexOfAnyExceptInRange('0', '9');
        if (digits < 0 || !long.TryParse(text.AsSpan(_at, digits), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
        {
            throw Malformed($"there is no number from 0 to {long.MaxValue} at character {_at}");
        }

        _at += digits;
        return value;
    }

    private readonly DataException Malformed(string reason) => new(path, $"its header is malformed: {reason}; write it with numpy.save");
}
