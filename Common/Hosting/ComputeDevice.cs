using static TorchSharp.torch;

namespace TraversalLearning.Hosting;

/// <summary>Selects the device named by <c>--device</c>, <c>--no-accel</c> and <c>--threads</c>.</summary>
public static class ComputeDevice
{
    /// <summary>Loads libtorch and selects the device of a command line.</summary>
    /// <exception cref="UserErrorException">The device does not exist, or libtorch cannot be loaded.</exception>
    public static Device Select(ComputeFlags flags, System.CommandLine.ParseResult result)
    {
        ArgumentNullException.ThrowIfNull(flags);
        return Select(flags.Device.Get(result), flags.NoAccelerator.Get(result), flags.Threads.Get(result));
    }

    /// <summary>Loads libtorch and selects a device.</summary>
    /// <param name="name"><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:n</c>.</param>
    /// <param name="noAccelerator">Whether to use the CPU even if an accelerator is available.</param>
    /// <param name="threads">Threads for computation, as for <see cref="LibTorch.Load"/>.</param>
    /// <exception cref="UserErrorException">The device does not exist, or libtorch cannot be loaded.</exception>
    public static Device Select(string name, bool noAccelerator, int threads)
    {
        LibTorch.Load(threads);
        bool cudaIsThere = cuda.is_available();
        if (string.Equals(name, "auto", StringComparison.Ordinal))
        {
            return cudaIsThere && !noAccelerator ? CUDA : CPU;
        }

        if (string.Equals(name, "cpu", StringComparison.Ordinal))
        {
            return CPU;
        }

        string number = name.StartsWith("cuda:", StringComparison.Ordinal) ? name["cuda:".Length..] : "0";
        if ((!string.Equals(name, "cuda", StringComparison.Ordinal) && !name.StartsWith("cuda:", StringComparison.Ordinal))
            || !int.TryParse(number, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int index))
        {
            throw new UserErrorException(ExitCode.Usage, $"--device takes auto, cpu, cuda or cuda:n, not '{name}'");
        }

        if (noAccelerator)
        {
            throw new UserErrorException(ExitCode.Usage, $"--no-accel contradicts --device {name}; leave one out");
        }

        if (!cudaIsThere || index >= cuda.device_count())
        {
            throw new UserErrorException(
                ExitCode.Usage,
                cudaIsThere
                    ? $"there is no {name}: this machine has {cuda.device_count()} CUDA devices"
                    : $"--device {name}: the libtorch in use sees no CUDA device; use --device cpu, or build with Accelerator=cuda");
        }

        return new Device(TorchSharp.DeviceType.CUDA, index);
    }
}
