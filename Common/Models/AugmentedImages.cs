using TraversalLearning.Data;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>Identifies a sample; determines its random augmentation.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="LocalIndex">From 0.</param>
public readonly record struct SampleIdentity(int NodeId, int LocalIndex);

/// <summary>Applies an <see cref="Augmentation"/>. Pixels are copied, never computed with.</summary>
public static class AugmentedImages
{
    /// <summary>Augments images for an epoch.</summary>
    /// <param name="images"><c>[m, channels, height, width]</c>.</param>
    /// <param name="padding">The value of black: <see cref="SampleTensors.Black"/>.</param>
    /// <param name="how">The augmentation.</param>
    /// <param name="epoch">From 1.</param>
    /// <param name="identities">The images' samples, <c>[m]</c>.</param>
    /// <returns>New images of the same shape.</returns>
    public static Tensor Of(Tensor images, double padding, Augmentation how, int epoch, ReadOnlySpan<SampleIdentity> identities)
    {
        long[] shape = images.shape;
        (int channels, int height, int width) = ((int)shape[1], (int)shape[2], (int)shape[3]);

        // Append one padding pixel to every plane; everything outside the image is taken from it.
        int plane = height * width;
        using (NewDisposeScope())
        {
            Tensor padded = cat([images.reshape(shape[0], channels, plane), full([shape[0], channels, 1], padding, dtype: images.dtype, device: images.device)], 2);
            long[] source = new long[images.numel()];
            for (int row = 0; row < identities.Length; row++)
            {
                Place place = Place.Draw(how, epoch, identities[row]);
                Span<long> first = source.AsSpan(row * channels * plane, plane);
                place.Fill(first, height, width);
                for (int channel = channels - 1; channel >= 0; channel--)
                {
                    Span<long> target = source.AsSpan(((row * channels) + channel) * plane, plane);
                    long start = ((row * (long)channels) + channel) * (plane + 1);
                    for (int i = 0; i < plane; i++)
                    {
                        target[i] = start + first[i];
                    }
                }
            }

            return padded.reshape(-1).index_select(0, tensor(source).to(images.device)).reshape(shape).MoveToOuterDisposeScope();
        }
    }

    /// <summary>Position of the crop, and whether it is mirrored.</summary>
    private readonly record struct Place(int Down, int Right, bool Mirrored)
    {
        public static Place Draw(Augmentation how, int epoch, SampleIdentity identity)
        {
            var random = SeededRandom.ForStream((ulong)how.Seed, (ulong)epoch, (ulong)identity.NodeId, (ulong)identity.LocalIndex);
            int down = how.Crop == 0 ? 0 : random.Next((2 * how.Crop) + 1) - how.Crop;
            int right = how.Crop == 0 ? 0 : random.Next((2 * how.Crop) + 1) - how.Crop;
            return new Place(down, right, how.Flip && random.Next(2) == 1);
        }

        /// <summary>Computes each result pixel's index in the image's plane; one past the end means padding.</summary>
        public void Fill(Span<long> source, int height, int width)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int fromY = y + Down;
                    int fromX = (Mirrored ? width - 1 - x : x) + Right;
                    bool isInside = (uint)fromY < (uint)height && (uint)fromX < (uint)width;
                    source[(y * width) + x] = isInside ? (fromY * width) + fromX : height * width;
                }
            }
        }
    }
}
