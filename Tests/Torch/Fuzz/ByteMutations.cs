using System.Buffers.Binary;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>Changes to bytes of which nothing is known.</summary>
internal static class ByteMutations
{
    /// <summary>One change.</summary>
    /// <param name="bytes">Left as they are.</param>
    /// <param name="random">Says which.</param>
    /// <param name="corpus">Samples to take pieces from.</param>
    public static byte[] Apply(byte[] bytes, FuzzRandom random, IReadOnlyList<byte[]> corpus)
    {
        int at = random.Next(bytes.Length + 1);
        int length = Math.Min(random.OneIn(4) ? random.Next(1, 200) : random.Next(1, 9), bytes.Length - at);
        switch (random.Next(11))
        {
            case 0 when bytes.Length > 0:
                return With(bytes, b => b[at % b.Length] ^= (byte)(1 << random.Next(8)));
            case 1 when bytes.Length > 0:
                return With(bytes, b => b[at % b.Length] = (byte)random.Next(256));
            case 2 or 3:
                return Overwrite(bytes, at, Number(random));
            case 4:
                return bytes[..at];
            case 5:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 6:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 7:
                return [.. bytes[..at], .. random.Bytes(random.Next(1, 17)), .. bytes[at..]];
            case 8:
                return Overwrite(bytes, at, random.OneIn(2) ? new byte[length] : [.. Enumerable.Repeat((byte)0xFF, length)]);
            case 9:
                return Overwrite(bytes, random.Next(bytes.Length + 1), bytes[at..(at + length)]);
            default:
                byte[] other = random.Pick(corpus);
                int from = random.Next(other.Length);
                byte[] piece = other[from..Math.Min(other.Length, from + random.Next(1, 64))];
                return random.OneIn(2) ? Overwrite(bytes, at, piece) : [.. bytes[..at], .. piece, .. bytes[at..]];
        }
    }

    /// <summary>A number as it may stand in a header: 1, 2, 4 or 8 bytes, in either order.</summary>
    public static byte[] Number(FuzzRandom random)
    {
        byte[] wide = new byte[8];
        int width = 1 << random.Next(4);
        if (random.OneIn(2))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(wide, random.Number());
            return wide[..width];
        }

        BinaryPrimitives.WriteUInt64BigEndian(wide, random.Number());
        return wide[^width..];
    }

    private static byte[] Overwrite(byte[] bytes, int at, byte[] piece) => With(bytes, b =>
        piece.AsSpan(0, Math.Min(piece.Length, b.Length - at)).CopyTo(b.AsSpan(at)));

    private static byte[] With(byte[] bytes, Action<byte[]> change)
    {
        byte[] copy = [.. bytes];
        change(copy);
        return copy;
    }
}
