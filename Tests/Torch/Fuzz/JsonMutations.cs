using System.Text;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>Changes to JSON by tokens: numbers become others, members go, come twice, or come from elsewhere.</summary>
internal static class JsonMutations
{
    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "0", "1", "-1", "-0", "2", "4", "10", "255", "1024", "1025", "16777215", "16777216", "16777217", "268435455", "2147483647", "2147483648",
            "4294967296",
            "4611686018427387904", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
            "18446744073709551616",
            "1e0", "1.0", "1.5", "1e999", "1E-999", "0.1", "01", "00000000000000000000000000000000000000001", "NaN", "+1",
            "null", "true", "false", "[]", "{}", "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "[0]", "[1,1,1,1]", "[1,1,1,1,1]",
            "{\"type\":\"relu\",\"name\":\"z\"}", "{\"type\":\"residual\",\"name\":\"y\",\"body\":[{\"type\":\"tanh\",\"name\":\"z\"}]}",
            "\"\"", "\"a\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\u00e9\"", "\"\\u0061\"", "\"type\"", "\"$type\"", "\"name\"",
            "\"relu\"", "\"conv2d\"", "\"lstm\"", "\"embedding\"", "\"batch_norm\"", "\"residual\"", "\"global_mean\"", "\"transpose\"",
            "\"linear\"", "\"flatten\"", "\"max_pool2d\"", "\"in\"", "\"out\"", "\"kernel\"", "\"padding\"", "\"stride\"", "\"layers\"",
            "\"input_shape\"",
            "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"F64\"", "\"F16\"", "\"I64\"", "\"BOOL\"", "\"X\"",
            "\"\\ud800\":1",
            ",", ":", "[", "]", "{", "}", "\"", "\\", "//", "/*", " ", "\n", "\uFEFF",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0x00],
    ];

    private static readonly byte[][] Harmless = [[.. " "u8], [.. "\t"u8], [.. "\n"u8], [.. "\r\n    "u8]];

    /// <summary>One change.</summary>
    public static byte[] Apply(byte[] json, FuzzRandom random, IReadOnlyList<byte[]> corpus)
    {
        if (random.OneIn(6))
        {
            return ByteMutations.Apply(json, random, corpus);
        }

        List<Range> ranges = Split(json);
        if (ranges.Count == 0)
        {
            return random.Pick(Tokens);
        }

        int at = random.Next(ranges.Count);
        int end = random.OneIn(2) ? EndOfValue(json, ranges, at) : Math.Min(ranges.Count - 1, at + random.Next(12));
        int start = ranges[at].Start.Value;
        int stop = ranges[end].End.Value;
        switch (random.Next(10))
        {
            case 0 or 1:
                return [.. json[..start], .. random.Pick(Tokens), .. json[ranges[at].End.Value..]];
            case 2:
                return [.. json[..start], .. random.Pick(Tokens), .. json[stop..]];
            case 3:
                return [.. json[..start], .. json[stop..]];
            case 4:
                return [.. json[..stop], .. random.OneIn(2) ? ","u8 : [], .. json[start..]];
            case 5:
                return [.. json[..start], .. random.Pick(Tokens), .. json[start..]];
            case 6 or 7:
                return [.. json[..start], .. random.Pick(Harmless), .. json[start..]];
            case 8:
                int depth = random.Next(1, 20);
                return [.. json[..start], .. Enumerable.Repeat((byte)'[', depth), .. json[start..stop], .. Enumerable.Repeat((byte)']', depth), .. json[stop..]];
            default:
                byte[] donor = random.Pick(corpus);
                List<Range> others = Split(donor);
                if (others.Count == 0)
                {
                    return json;
                }

                int from = random.Next(others.Count);
                int to = EndOfValue(donor, others, from);
                return [.. json[..start], .. donor[others[from].Start.Value..others[to].End.Value], .. json[(random.OneIn(2) ? start : stop)..]];
        }
    }

    /// <summary>The last token of the value that begins here: the matching bracket of one.</summary>
    private static int EndOfValue(byte[] json, List<Range> ranges, int at)
    {
        int depth = 0;
        for (int i = at; i < ranges.Count; i++)
        {
            byte first = json[ranges[i].Start.Value];
            depth += first is (byte)'{' or (byte)'[' ? 1 : first is (byte)'}' or (byte)']' ? -1 : 0;
            if (depth <= 0)
            {
                return i;
            }
        }

        return ranges.Count - 1;
    }

    private static List<Range> Split(byte[] json)
    {
        var ranges = new List<Range>();
        for (int at = 0; at < json.Length;)
        {
            int start = at++;
            if (json[start] == '"')
            {
                while (at < json.Length && json[at] != '"')
                {
                    at += json[at] == '\\' ? 2 : 1;
                }

                at = Math.Min(at + 1, json.Length);
            }
            else if (IsWord(json[start]))
            {
                while (at < json.Length && IsWord(json[at]))
                {
                    at++;
                }
            }

            ranges.Add(start..at);
        }

        return ranges;
    }

    private static bool IsWord(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'+' or (byte)'.';
}
