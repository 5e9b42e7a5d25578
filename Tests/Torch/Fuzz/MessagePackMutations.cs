using System.Buffers.Binary;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>Changes to MessagePack that keep what is around them whole: a value is another, is gone, stands twice, or lies about its length.</summary>
internal static class MessagePackMutations
{
    // Every kind of value at its edges, some of them lies.
    private static readonly byte[][] Values =
    [
        .. new[]
        {
            "00", "01", "7F", "E0", "FF", "C0", "C1", "C2", "C3", "CC00", "CCFF", "CDFFFF", "CE00000001", "CE7FFFFFFF", "CE80000000", "CEFFFFFFFF",
            "CF0000000000000001", "CF000000007FFFFFC7", "CF000000007FFFFFC8", "CF4000000000000000", "CF7FFFFFFFFFFFFFFF", "CF8000000000000000",
            "CFFFFFFFFFFFFFFFFF",
            "D080", "D18000", "D280000000", "D3FFFFFFFFFFFFFFFF", "D38000000000000000", "D300000000000000FF",
            "CA7F800000", "CA7FC00000", "CA3F800000", "CB7FF0000000000000", "CB7FF8000000000000", "CB3FF0000000000000", "CB8000000000000000",
            "A0", "A161", "A1FF", "A2C3", "BF", "D900", "D90161", "D9FF", "DA000161", "DAFFFF", "DB00000001FF", "DBFFFFFFFF", "DB7FFFFFFF",
            "DB80000000", "A3EDA080",
            "C400", "C40161", "C5000161", "C600000000", "C6FFFFFFFF", "C680000000",
            "90", "9101", "9F", "DC0000", "DC000101", "DCFFFF", "DD0000000101", "DD7FFFFFFF", "DDFFFFFFFF", "919191919191919101", "9191919101",
            "80", "81A16101", "8101C0", "8F", "DE0000", "DE0001A16101", "DEFFFF", "DF00000001A16101", "DF7FFFFFFF", "DFFFFFFFFF", "DF80000000",
            "818181C0C0C0C0",
            "D40101", "D5010101", "D6FF00000000", "D7FF0000000000000000", "C70001", "C7FF01", "C8FFFF01", "C9FFFFFFFF01", "C90000000001",
            "D801" + "00000000000000000000000000000000",
        }.Select(Convert.FromHexString),
    ];

    /// <summary>One change.</summary>
    public static byte[] Apply(byte[] bytes, FuzzRandom random, IReadOnlyList<byte[]> corpus)
    {
        List<Token> tokens = Tokens(bytes);
        if (tokens.Count == 0)
        {
            return ByteMutations.Apply(bytes, random, corpus);
        }

        Token token = random.Pick(tokens);
        byte[] value = bytes[token.Start..token.End];
        switch (random.Next(9))
        {
            case 0 or 1:
                return Replace(bytes, token, random.Pick(Values));
            case 2:
                return Replace(bytes, token, Integer(random));
            case 3:
                return Replace(bytes, token, []);
            case 4:
                return Replace(bytes, token, [.. value, .. value]);
            case 5:
                byte[] donor = random.Pick(corpus);
                List<Token> others = Tokens(donor);
                Token other = others.Count == 0 ? token : random.Pick(others);
                return Replace(bytes, token, others.Count == 0 ? value : donor[other.Start..other.End]);
            case 6:
                return Replace(bytes, token, [.. Enumerable.Repeat((byte)0x91, random.Next(1, 9)), .. value]);
            case 7:
                return Replace(bytes, token, WithLength(bytes, token, random.OneIn(3) ? random.Number() : token.Count + (ulong)random.Next(3) - 1, random));
            default:
                return ChangePairs(bytes, tokens, random);
        }
    }

    /// <summary>The map with another value for one of its keys.</summary>
    public static byte[] ReplaceField(byte[] map, string key, byte[] value)
    {
        byte[] name = System.Text.Encoding.UTF8.GetBytes(key);
        List<Token> inside = Tokens(map).FindAll(t => t.Depth == 1);
        int at = inside.FindIndex(t => map.AsSpan(t.Start, t.End - t.Start).EndsWith(name));
        return Replace(map, inside[at + 1], value);
    }

    /// <summary>The values of well-formed MessagePack; those in front of the first fault where it is not.</summary>
    private static List<Token> Tokens(byte[] bytes)
    {
        var tokens = new List<Token>();
        for (int at = 0; at < bytes.Length && Walk(bytes, ref at, 0, tokens);)
        {
        }

        return tokens;
    }

    private static bool Walk(byte[] bytes, ref int at, int depth, List<Token> tokens)
    {
        if (at >= bytes.Length || depth > 16)
        {
            return false;
        }

        int start = at;
        byte code = bytes[at];
        (int width, bool isArray, bool isMap, bool isBlob) = Shape(code);
        if (bytes.Length - at - 1 < width)
        {
            return false;
        }

        ulong count = isArray || isMap || isBlob ? Count(bytes, at, code, width) : 0;
        at += 1 + width + (code is >= 0xC7 and <= 0xC9 ? 1 : 0);
        int index = tokens.Count;
        tokens.Add(default);
        if (isBlob)
        {
            at = (int)Math.Min((ulong)at + count, int.MaxValue);
        }

        for (ulong i = 0; i < (isMap ? 2 * count : isArray ? count : 0); i++)
        {
            if (!Walk(bytes, ref at, depth + 1, tokens))
            {
                tokens.RemoveAt(index);
                return false;
            }
        }

        if (at > bytes.Length)
        {
            tokens.RemoveAt(index);
            return false;
        }

        tokens[index] = new Token(start, at, depth, count, isArray, isMap, isBlob);
        return true;
    }

    private static (int Width, bool IsArray, bool IsMap, bool IsBlob) Shape(byte code) => code switch
    {
        <= 0x7F or >= 0xE0 => (0, false, false, false),
        <= 0x8F => (0, false, true, false),
        <= 0x9F => (0, true, false, false),
        <= 0xBF => (0, false, false, true),
        0xC4 or 0xC7 or 0xD9 => (1, false, false, true),
        0xC5 or 0xC8 or 0xDA => (2, false, false, true),
        0xC6 or 0xC9 or 0xDB => (4, false, false, true),
        0xDC => (2, true, false, false),
        0xDD => (4, true, false, false),
        0xDE => (2, false, true, false),
        0xDF => (4, false, true, false),
        0xCC or 0xD0 => (1, false, false, false),
        0xCD or 0xD1 or 0xD4 => (2, false, false, false),
        0xD5 => (3, false, false, false),
        0xCA or 0xCE or 0xD2 => (4, false, false, false),
        0xD6 => (5, false, false, false),
        0xCB or 0xCF or 0xD3 => (8, false, false, false),
        0xD7 => (9, false, false, false),
        0xD8 => (17, false, false, false),
        _ => (0, false, false, false),
    };

    private static ulong Count(byte[] bytes, int at, byte code, int width) => width switch
    {
        0 => (ulong)(code & (code is >= 0xA0 and <= 0xBF ? 0x1F : 0x0F)),
        1 => bytes[at + 1],
        2 => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at + 1)),
        _ => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 1)),
    };

    /// <summary>The same value with another length or count in front, in a form of its own.</summary>
    private static byte[] WithLength(byte[] bytes, Token token, ulong count, FuzzRandom random)
    {
        if (!token.IsArray && !token.IsMap && !token.IsBlob)
        {
            return random.Pick(Values);
        }

        (int width, _, _, _) = Shape(bytes[token.Start]);
        byte[] content = bytes[Math.Min(token.Start + 1 + width, token.End)..token.End];
        return [.. Header(token, count, wide: random.OneIn(2)), .. content];
    }

    private static byte[] Header(Token token, ulong count, bool wide)
    {
        byte[] number = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, (uint)count);
        byte code = token.IsMap ? (byte)0xDE : token.IsArray ? (byte)0xDC : (byte)0xDA;
        byte small = token.IsMap ? (byte)0x80 : token.IsArray ? (byte)0x90 : (byte)0xA0;
        return count < 16 && !wide ? [(byte)(small | (byte)count)]
            : count <= ushort.MaxValue && !wide ? [code, .. number[2..]]
            : [(byte)(code + 1), .. number];
    }

    /// <summary>A pair of the map at the top is gone, stands twice, is new, or stands elsewhere; the count is right.</summary>
    private static byte[] ChangePairs(byte[] bytes, List<Token> tokens, FuzzRandom random)
    {
        Token map = tokens.Find(t => t.Depth == 0);
        Token[] inside = [.. tokens.Where(t => t.Depth == 1 && t.Start > map.Start && t.End <= map.End)];
        if (!map.IsMap)
        {
            return bytes;
        }

        List<byte[]> pairs = [.. inside.Chunk(2).Where(p => p.Length == 2).Select(p => bytes[p[0].Start..p[1].End])];
        int at = random.Next(pairs.Count + 1);
        switch (random.Next(4))
        {
            case 0 when at < pairs.Count:
                pairs.RemoveAt(at);
                break;
            case 1 when at < pairs.Count:
                pairs.Add(pairs[at]);
                break;
            case 2 when at < pairs.Count:
                (pairs[0], pairs[at]) = (pairs[at], pairs[0]);
                break;
            default:
                for (int i = random.OneIn(4) ? random.Next(40) : 1; i > 0; i--)
                {
                    pairs.Insert(at, [0xA2, (byte)random.Next('a', 'z'), (byte)random.Next('a', 'z'), .. random.Pick(Values)]);
                }

                break;
        }

        return [.. bytes[..map.Start], .. Header(map, (ulong)pairs.Count, wide: false), .. pairs.SelectMany(p => p), .. bytes[map.End..]];
    }

    private static byte[] Integer(FuzzRandom random)
    {
        byte[] wide = new byte[9];
        wide[0] = 0xCF;
        BinaryPrimitives.WriteUInt64BigEndian(wide.AsSpan(1), random.Number());
        return random.OneIn(2) ? wide : [(byte)random.Next(128)];
    }

    private static byte[] Replace(byte[] bytes, Token token, byte[] value) => [.. bytes[..token.Start], .. value, .. bytes[token.End..]];

    private readonly record struct Token(int Start, int End, int Depth, ulong Count, bool IsArray, bool IsMap, bool IsBlob);
}
