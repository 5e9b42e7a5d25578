namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>Random numbers (SplitMix64) that are a function of run and iteration alone, so that any one iteration can be done again.</summary>
internal sealed class FuzzRandom(ulong seed, long iteration)
{
    // Values at which lengths, counts and signs change their meaning.
    private static readonly ulong[] Interesting =
    [
        0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 32767, 32768, 65535, 65536, 65537,
        1 << 20, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, 2_147_483_591, 2_147_483_592, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, (1UL << 32) + 1,
        1UL << 61, 1UL << 62, long.MaxValue, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    private ulong _state = Mix(seed ^ Mix((ulong)iteration));

    /// <summary>From 0 to <paramref name="limit"/>, exclusive; 0 where that is not positive.</summary>
    public int Next(int limit) => limit <= 1 ? 0 : (int)(NextBits() % (uint)limit);

    /// <summary>From <paramref name="from"/> to <paramref name="limit"/>, exclusive.</summary>
    public int Next(int from, int limit) => from + Next(limit - from);

    /// <summary>True once in <paramref name="times"/>.</summary>
    public bool OneIn(int times) => Next(times) == 0;

    /// <summary>One of these.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>A number from the edges of something, or near one, or any.</summary>
    public ulong Number() => Next(8) switch
    {
        < 5 => Pick(Interesting),
        5 => Pick(Interesting) + (ulong)Next(5) - 2,
        6 => (ulong)Next(300),
        _ => NextBits(),
    };

    /// <summary>Bytes of any value.</summary>
    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        foreach (ref byte b in bytes.AsSpan())
        {
            b = (byte)NextBits();
        }

        return bytes;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private ulong NextBits() => Mix(_state += 0x9E3779B97F4A7C15);
}
