using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Advanced;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

namespace TraversalLearning.Data.Formats;

/// <summary>Images that stay in their files until selected; then they are decoded and resized to bytes, <c>[channels, height, width]</c>.</summary>
/// <param name="settings">Target size and channels.</param>
/// <param name="files">The image files.</param>
/// <param name="labels">The class of each image.</param>
/// <param name="table">The names of the classes.</param>
internal sealed class ImageSamples(ImageSettings settings, string[] files, int[] labels, TableDictionary table) : ISamples
{
    /// <summary>Name of the label column, whose values are the folders' names.</summary>
    public const string Label = "class";

    // A file of a few kilobytes may claim an image too large for any memory.
    private const long MaxPixels = 100_000_000;

    /// <inheritdoc cref="SampleSet.IsLabelled"/>
    public bool IsLabelled { get; init; } = true;

    /// <inheritdoc/>
    public int Count => files.Length;

    /// <inheritdoc/>
    public int[] Labels => labels;

    /// <inheritdoc/>
    public SampleSet ReadAll() => Select([.. Enumerable.Range(0, Count)]);

    /// <inheritdoc/>
    public SampleSet Select(ReadOnlySpan<int> indices)
    {
        int[] wanted = indices.ToArray();
        int size = settings.Channels * settings.Height * settings.Width;
        if ((long)wanted.Length * size > Array.MaxLength)
        {
            throw new DataException(files[0], $"{wanted.Length} images are {(long)wanted.Length * size} bytes, more than the {Array.MaxLength} that a node can hold; deal them out to more nodes");
        }

        byte[] values = new byte[wanted.Length * size];
        try
        {
            Parallel.For(0, wanted.Length, i => Read(files[wanted[i]], values.AsSpan(i * size, size)));
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<DataException>().MinBy(d => d.File, StringComparer.Ordinal) is { } first)
        {
            throw new DataException(first.File, first.Reason, first);
        }

        int[] own = Array.ConvertAll(wanted, i => labels[i]);
        return new SampleSet(SampleElement.UInt8, settings.Shape, values, own) { Table = IsLabelled ? table.Shrink([], own) : table, IsLabelled = IsLabelled };
    }

    private void Read(string file, Span<byte> pixels)
    {
        try
        {
            if (Image.Identify(file) is not { } info)
            {
                throw new DataException(file, "is no image that can be read; save it as PNG or JPEG");
            }

            if ((long)info.Width * info.Height > MaxPixels)
            {
                throw new DataException(file, $"is an image of {info.Width} × {info.Height} pixels, more than {MaxPixels}; make it smaller");
            }

            if (settings.Channels == 1)
            {
                using var grey = Image.Load<L8>(file);
                Copy(grey, pixels, static (pixel, _) => pixel.PackedValue);
            }
            else
            {
                using var colour = Image.Load<Rgb24>(file);
                Copy(colour, pixels, static (pixel, channel) => channel == 0 ? pixel.R : channel == 1 ? pixel.G : pixel.B);
            }
        }
        catch (Exception e) when (e is ImageFormatException or ImageProcessingException or InvalidMemoryOperationException or NotSupportedException)
        {
            throw new DataException(file, $"is no image that can be read: {e.Message.ReplaceLineEndings(" ")}; save it as PNG or JPEG", e);
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(file, e);
        }
    }

    private void Copy<TPixel>(Image<TPixel> image, Span<byte> pixels, Func<TPixel, int, byte> value)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        if (image.Width != settings.Width || image.Height != settings.Height)
        {
            image.Mutate(x => x.Resize(settings.Width, settings.Height, KnownResamplers.Bicubic));
        }

        int plane = settings.Height * settings.Width;
        for (int y = 0; y < settings.Height; y++)
        {
            Span<TPixel> row = image.DangerousGetPixelRowMemory(y).Span;
            for (int x = 0; x < settings.Width; x++)
            {
                for (int channel = 0; channel < settings.Channels; channel++)
                {
                    pixels[(channel * plane) + (y * settings.Width) + x] = value(row[x], channel);
                }
            }
        }
    }
}
