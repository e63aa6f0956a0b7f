// WeChat's own text size, for pages that it does not enlarge by itself.

const NORMAL_PX = 16;

/** From WeChat's settings: how much larger than usual, within what a page can bear. */
export function scaleOf({ fontSizeScaleFactor, fontSizeSetting }: { fontSizeScaleFactor?: number; fontSizeSetting?: number }): number {
  const factor = fontSizeScaleFactor || (fontSizeSetting ?? NORMAL_PX) / NORMAL_PX;
  return Math.min(1.5, Math.max(1, Math.round(factor * 100) / 100));
}

/** The style of a page's outermost part. */
export function textStyle(): string {
  return `--scale: ${wx.canIUse('getAppBaseInfo') ? scaleOf(wx.getAppBaseInfo()) : 1}`;
}
