namespace TorchSharp;

/// <summary>Conversions that return the module under its own type.</summary>
public static class ModuleExtensionMethods
{
    public static T to<T>(this T module, torch.ScalarType type, bool non_blocking = false)
        where T : torch.nn.Module => (T)module.To(null, type);

    public static T to<T>(this T module, torch.Device device, torch.ScalarType type, bool non_blocking = false)
        where T : torch.nn.Module => (T)module.To(device, type);

    public static T to<T>(this T module, DeviceType deviceType, int deviceIndex = -1, bool non_blocking = false)
        where T : torch.nn.Module => (T)module.To(new torch.Device(deviceType, deviceIndex), null);

    public static T to<T>(this T module, torch.Device device, bool non_blocking = false)
        where T : torch.nn.Module => (T)module.To(device, null);

    public static T to<T>(this T module, string device, bool non_blocking = false)
        where T : torch.nn.Module => (T)module.To(new torch.Device(device), null);

    public static T cpu<T>(this T module, bool non_blocking = false)
        where T : torch.nn.Module => (T)module.To(torch.CPU, null);

    public static T cuda<T>(this T module, int deviceIndex = -1, bool non_blocking = false)
        where T : torch.nn.Module => (T)module.To(new torch.Device(DeviceType.CUDA, deviceIndex), null);
}
