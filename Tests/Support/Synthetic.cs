using System.Runtime.InteropServices;
using TraversalLearning.Data;

namespace TraversalLearning.Tests.Support;

/// <summary>Small data sets that can be learned: every class has a pattern of its own under noise.</summary>
internal static class Synthetic
{
    /// <summary>The same images for the same arguments, everywhere.</summary>
    public static SampleSet Images(int count, int side = 8, int classes = 10, ulong seed = 7)
    {
        byte[] pixels = new byte[count * side * side];
        byte[] labels = new byte[count];
        SeededRandom noise = SeededRandom.ForStream(seed, stream: 1000);
        byte[][] patterns = [.. Enumerable.Range(0, classes).Select(c => Pattern(SeededRandom.ForStream(seed: 1, (ulong)c), side * side))];
        for (int i = 0; i < count; i++)
        {
            labels[i] = (byte)noise.Next(classes);
            for (int j = 0; j < side * side; j++)
            {
                pixels[(i * side * side) + j] = (byte)((patterns[labels[i]][j] + noise.Next(256)) / 2);
            }
        }

        return SampleSet.GreyImages(pixels, labels, side, side);
    }

    /// <summary>The same images as numbers from −1 to 1, which is what training makes of their pixels with mean and deviation 0.5.</summary>
    public static SampleSet Numbers(SampleElement element, SampleSet images)
    {
        byte[] values = element == SampleElement.Float32
            ? MemoryMarshal.AsBytes<float>(Array.ConvertAll(images.Values, p => ((p / 255f) - 0.5f) / 0.5f)).ToArray()
            : MemoryMarshal.AsBytes<double>(Array.ConvertAll(images.Values, p => ((p / 255.0) - 0.5) / 0.5)).ToArray();
        return new SampleSet(element, [images.SampleSize], values, images.Labels);
    }

    /// <summary>The same images, to predict from: how bright parts of them are, so many parts of an image.</summary>
    public static SampleSet Regression(SampleSet images, int width)
    {
        int part = images.SampleSize / width;
        double[] brightness = new double[images.Count * width];
        for (int i = 0; i < brightness.Length; i++)
        {
            foreach (byte pixel in images.Sample(i / width).Slice(i % width * part, part))
            {
                brightness[i] += ((pixel / 255.0) - 0.5) / 4;
            }
        }

        return new SampleSet(images.Element, images.Shape, images.Values, new SampleTargets(width, brightness));
    }

    /// <summary>Pixels in which there is nothing to learn.</summary>
    public static SampleSet Noise(int count, long[] shape, int classes)
    {
        var random = new SeededRandom(12);
        byte[] pixels = [.. Enumerable.Range(0, count * (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (byte)random.Next(256))];
        return new SampleSet(SampleElement.UInt8, shape, pixels, [.. Enumerable.Range(0, count).Select(_ => random.Next(classes))]);
    }

    /// <summary>Texts of random words.</summary>
    public static SampleSet Tokens(SampleElement element, int count, int length, int words, int classes)
    {
        var random = new SeededRandom(11);
        int[] tokens = [.. Enumerable.Range(0, count * length).Select(_ => random.Next(words))];
        byte[] values = element == SampleElement.Int32
            ? MemoryMarshal.AsBytes<int>(tokens).ToArray()
            : MemoryMarshal.AsBytes<long>(Array.ConvertAll(tokens, t => (long)t)).ToArray();
        return new SampleSet(element, [length], values, [.. Enumerable.Range(0, count).Select(_ => random.Next(classes))]);
    }

    /// <summary>Consecutive samples for every node: as many as <paramref name="shards"/> say.</summary>
    public static int[][] Partition(int[] shards)
    {
        int start = 0;
        return Array.ConvertAll(shards, count => Enumerable.Range((start += count) - count, count).ToArray());
    }

    private static byte[] Pattern(SeededRandom random, int size)
    {
        byte[] pattern = new byte[size];
        foreach (ref byte pixel in pattern.AsSpan())
        {
            pixel = (byte)random.Next(256);
        }

        return pattern;
    }
}
